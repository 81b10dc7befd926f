"""Results of tests as a person reads them and as a program does."""

from __future__ import annotations

from dataclasses import asdict

from engine.app.rule_tests import Ran
from engine.cli import output
from engine.ruletests import Outcome, TestResult, Verdict
from engine.ruletests.words import lines

_MARKS = {Outcome.PASSED: (".", "green"), Outcome.FAILED: ("F", "bold red"), Outcome.REFUSED: ("R", "bold yellow")}
_WORDS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.REFUSED: "REFUSED"}


def show_file(result: TestResult) -> None:
    """Print one line for a test file: a sign for each expectation, `.` passed, `F` failed, `R` refused."""
    marks = "".join(output.styled(*_MARKS[verdict.outcome]) for verdict in result.verdicts)
    output.line(output.Styled(f"{output.escaped(result.path)} {marks}"))


def show_rest(ran: Ran) -> None:
    """Print each expectation that failed, with what was sent instead and why, and what is wrong with files."""
    for result in ran.results:
        for verdict in result.verdicts:
            if not verdict.passed:
                _failed(verdict, result.zone)
    for heading, problems in (("Not run, because the file has mistakes", ran.mistakes), ("Lint", ran.lint)):
        if problems:
            output.heading(heading)
            output.problems(problems, data=True)


def _failed(verdict: Verdict, zone: str) -> None:
    style = _MARKS[verdict.outcome][1]
    place = f"{verdict.place.path}:{verdict.place.line}:{verdict.place.column}"
    code = f" {verdict.problem.code}" if verdict.problem else ""
    output.heading(f"{place}:{code} {_WORDS[verdict.outcome]} {verdict.title}", style=style)
    for line in lines(verdict, zone):
        output.line(f"  {line}")


def conclude(ran: Ran) -> None:
    """Say how many expectations fared how, and how long it took."""
    counts = {outcome: sum(result.count(outcome) for result in ran.results) for outcome in Outcome}
    told = [f"{counts[outcome]} {outcome}" for outcome in reversed(Outcome) if counts[outcome]]
    told = [*([output.plural(len(ran.mistakes), "mistake")] if ran.mistakes else []), *told]
    seconds = sum(result.seconds for result in ran.results)
    sentence = f"{', '.join(told)} in {output.plural(len(ran.results), 'test file')}, {seconds:.1f} seconds."
    (output.done if ran.passed else output.fail)(sentence)


def as_data(ran: Ran) -> dict[str, object]:
    """Return results for programs; instants are ISO 8601 in UTC."""
    return {
        "passed": ran.passed,
        "counts": {str(outcome): sum(result.count(outcome) for result in ran.results) for outcome in Outcome},
        "tests": [asdict(result) for result in ran.results],
        "problems": [asdict(problem) for problem in ran.problems],
    }
