"""JUnit XML as CI servers read it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ruletests.trial import ANA, run

from engine.errors import Problem
from engine.ruletests.junit import document

PROBLEM = Problem(path="rules/a.test.yaml", line=3, column=5, code="E601", message="there is no customer \x07`x`")


def test_each_expectation_is_a_case_with_its_place() -> None:
    """Passed, failed and refused ones are counted as such, and problems of files are errors."""
    result = run(
        f"{ANA}expect:\n  - {{at: 2026-03-02 10:00, to: ana, subject: No}}\n  - {{never: ana, until: 2026-03-01}}\n"
    )
    root = ET.fromstring(document([result], [PROBLEM]))  # noqa: S314 (our own text)
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "2",
    }
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failure = cases["to ana at 2026-03-02 10:00"].find("failure")
    assert failure is not None
    assert failure.get("message") == "its subject is “Before you go, Ana”, not “No”"
    assert str(failure.text).startswith("rules/before-you-go.test.yaml:6:5")
    assert cases["nothing else"].find("failure") is None
    assert cases["E601 line 3"].get("file") == "rules/a.test.yaml"
