"""Results of tests as JUnit XML, which CI servers show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from engine.errors import Problem
from engine.ruletests.report import Outcome, TestResult, Verdict
from engine.ruletests.words import lines

_TAGS = {Outcome.FAILED: "failure", Outcome.REFUSED: "error"}
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(results: Sequence[TestResult], problems: Sequence[Problem]) -> str:
    """Return the results as a JUnit file: a suite for each test file, and one for what is wrong with any."""
    root = ET.Element("testsuites", name="lifecycle test")
    for result in results:
        suite = _suite(root, result.path, _outcomes(result.verdicts), seconds=result.seconds)
        for verdict in result.verdicts:
            _case(suite, result, verdict)
    if problems:
        suite = _suite(root, "problems", [Outcome.REFUSED] * len(problems), seconds=0)
        for problem in problems:
            named = {"classname": _class(problem.path), "name": f"{problem.code} line {problem.line}", "time": "0.000"}
            case = ET.SubElement(suite, "testcase", named | {"file": problem.path, "line": str(problem.line)})
            _told(case, "error", problem.message, str(problem))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _outcomes(verdicts: Iterable[Verdict]) -> list[Outcome]:
    return [verdict.outcome for verdict in verdicts]


def _suite(root: ET.Element, name: str, outcomes: list[Outcome], *, seconds: float) -> ET.Element:
    counts = {"failures": outcomes.count(Outcome.FAILED), "errors": outcomes.count(Outcome.REFUSED), "skipped": 0}
    named = {"name": name, "tests": str(len(outcomes)), "time": f"{seconds:.3f}"}
    return ET.SubElement(root, "testsuite", named | {key: str(count) for key, count in counts.items()})


def _case(suite: ET.Element, result: TestResult, verdict: Verdict) -> None:
    each = result.seconds / len(result.verdicts)
    named = {"classname": _class(result.path), "name": _clean(verdict.title), "time": f"{each:.3f}"}
    case = ET.SubElement(suite, "testcase", named | {"file": verdict.place.path, "line": str(verdict.place.line)})
    if tag := _TAGS.get(verdict.outcome):
        told = list(lines(verdict, result.zone))
        where = f"{verdict.place.path}:{verdict.place.line}:{verdict.place.column}"
        _told(case, tag, told[0], "\n".join([where, *told]))


def _told(case: ET.Element, tag: str, message: str, text: str) -> None:
    ET.SubElement(case, tag, message=_clean(message)).text = _clean(text)


def _class(path: str) -> str:
    return path.removesuffix(".test.yaml").replace("/", ".")


def _clean(text: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
