"""`lifecycle test` runs the tests of a workspace and says of each failure where, what instead, and why."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.db import reading
from engine.releases.store import live


@pytest.fixture
def few(starter: Path) -> Path:
    """The starter pack with the tests of two rules alone, for quick runs."""
    for path in (starter / "rules").glob("*.test.yaml"):
        if path.name.partition(".")[0] not in {"welcome", "we-miss-you"}:
            path.unlink()
    return starter


def edit(path: Path, old: str, new: str) -> None:
    """Change a file of the workspace."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_each_file_is_a_line_with_a_sign_for_each_expectation(alone: Lifecycle, few: Path) -> None:
    """All pass, exit 0; no database is needed, and none is made."""
    done = alone.ok("test")
    assert done.out == "rules/we-miss-you.test.yaml ........\nrules/welcome.test.yaml ....\n"
    assert done.err.startswith("12 passed in 2 test files, ")
    assert list(few.glob("*.db")) == []


FAILED = """
rules/we-miss-you.test.yaml:21:5: FAILED never ben
  ben got a mail
  what left:
    2026-02-12 10:00  to ben  we-miss-you  sent  “A ten-minute way back into your boards”
  we-miss-you: enrolled on 2026-02-12 09:30 UTC, due on 2026-02-12 09:30 UTC
  its conditions at 2026-02-12 10:00:
    yes  account.status is one of active, trialing  active
  next: 2026-03-04 09:30 (after 30 days); by the facts of then, its conditions hold
"""


def test_a_failure_says_what_left_instead_and_why(alone: Lifecycle, few: Path) -> None:
    """Its place, the mails, and the engine's own explanation; exit 1."""
    edit(few / "rules" / "we-miss-you.yaml", "after 14 days", "after 10 days")
    done = alone("test")
    assert done.code == 1
    assert "rules/we-miss-you.test.yaml FF..F...\nrules/welcome.test.yaml ....\n" in done.out
    assert FAILED in done.out
    assert done.err.startswith("3 failed, 9 passed in 2 test files, ")


def test_a_broken_file_is_told_and_the_others_run(alone: Lifecycle, few: Path) -> None:
    """Problems have the form of `check`; exit 1."""
    edit(few / "rules" / "welcome.test.yaml", "to: nils", "to: nisl")
    done = alone("test")
    assert done.code == 1
    problem = "rules/welcome.test.yaml:12:32: E601 there is no customer `nisl` in this test; did you mean `nils`?\n"
    assert done.out.endswith(f"Not run, because the file has mistakes\n{problem}")
    assert done.err.startswith("1 mistake, 8 passed in 1 test file, ")


def test_lint_is_told_and_fails_nothing(alone: Lifecycle, few: Path) -> None:
    """An event that is nearly one that rules read; the test runs all the same."""
    edit(few / "rules" / "welcome.test.yaml", "who: ana, did: Signed Up}", "who: ana, did: Signd Up}")
    done = alone.ok("test", "welcome")
    assert done.out.startswith("rules/welcome.test.yaml ....\n\nLint\nrules/welcome.test.yaml:9:")
    assert done.out.endswith("L601 no event `Signd Up` was ever seen; did you mean `Signed Up`?\n")


def test_a_silence_that_proves_nothing_is_refused(alone: Lifecycle, few: Path) -> None:
    """Zoe never signs up, so that nothing could have come."""
    edit(few / "rules" / "welcome.test.yaml", "never: ben", "never: [ben, zoe]")
    edit(few / "rules" / "welcome.test.yaml", "  ben: {", "  zoe:\n  ben: {")
    done = alone("test", "welcome")
    assert done.code == 1
    assert "rules/welcome.test.yaml ...R.\n" in done.out
    assert "rules/welcome.test.yaml:14:5: E607 REFUSED never zoe\n  a test that could not fail is refused: " in done.out


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["welcome"], "rules/welcome.test.yaml ....\n"),
        (["welcome.test.yaml"], "rules/welcome.test.yaml ....\n"),
        (["rules/welcome.test.yaml"], "rules/welcome.test.yaml ....\n"),
        (["-k", "Cleo"], "rules/we-miss-you.test.yaml .\n"),
        (["-k", "nothing else"], "rules/we-miss-you.test.yaml .\nrules/welcome.test.yaml .\n"),
        (["welcome", "-k", "nils"], "rules/welcome.test.yaml .\n"),
    ],
)
def test_some_can_be_chosen(alone: Lifecycle, few: Path, arguments: list[str], printed: str) -> None:
    """By rule, by file, by a word."""
    del few
    assert alone.ok("test", *arguments).out == printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["welcom"], "there is no rule and no test welcom; did you mean `welcome`?"),
        (["card-expiry"], "the rule card-expiry has no test; write rules/card-expiry.test.yaml"),
        (["-k", "zebra"], "no expectation of 2 tests holds `zebra`"),
    ],
)
def test_what_is_not_there_is_refused(alone: Lifecycle, few: Path, arguments: list[str], sentence: str) -> None:
    """One sentence, with what was meant."""
    del few
    assert alone.refused("test", *arguments, code=2) == sentence


def test_without_tests_it_says_how_to_begin(alone: Lifecycle, few: Path) -> None:
    """A workspace of its own rules may have none yet."""
    for path in (few / "rules").glob("*.test.yaml"):
        path.unlink()
    assert alone.refused("test", code=2).startswith("there are no tests yet; write one beside its rule")


def test_the_first_failure_can_be_the_last(alone: Lifecycle, few: Path) -> None:
    """With -x nothing runs after a file that fails."""
    edit(few / "rules" / "we-miss-you.yaml", "after 14 days", "after 10 days")
    done = alone("test", "-x")
    assert "rules/welcome.test.yaml" not in done.out


def test_broken_rules_are_told_before_anything_runs(alone: Lifecycle, few: Path) -> None:
    """A rule that cannot be read has no tests that could be run."""
    edit(few / "rules" / "welcome.yaml", "topic: account", "topic: acount")
    done = alone("test")
    assert (done.code, done.out) == (1, "")
    assert "rules/welcome.yaml:3:8: E301 there is no topic `acount`; did you mean `account`?" in done.err


def test_results_for_programs(alone: Lifecycle, few: Path, tmp_path: Path) -> None:
    """JSON to stdout, JUnit to a file; both hold every expectation."""
    edit(few / "rules" / "we-miss-you.yaml", "after 14 days", "after 10 days")
    done = alone("test", "--json", "--junit", str(tmp_path / "results.xml"))
    assert (done.code, done.json["passed"], done.json["counts"]) == (1, False, {"passed": 9, "failed": 3, "refused": 0})
    (never,) = [each for each in done.json["tests"][0]["verdicts"] if each["title"] == "never ben"]
    assert never["instead"][0]["at"] == "2026-02-12T10:00:00+00:00"
    root = ET.parse(tmp_path / "results.xml").getroot()  # noqa: S314 (our own file)
    assert (root.get("tests"), root.get("failures")) == ("12", "3")
    assert "cannot be written" in alone("test", "welcome", "--junit", str(tmp_path / "no" / "results.xml")).err


def test_check_reads_tests_and_does_not_run_them(alone: Lifecycle, few: Path) -> None:
    """A test that fails is no mistake; one that names what is not there is."""
    edit(few / "rules" / "we-miss-you.yaml", "after 14 days", "after 10 days")
    alone.ok("check")
    (few / "rules" / "welcom.test.yaml").write_text("customers: {ana: }\nexpect: [{never: ana}]\n")
    done = alone("check")
    assert (done.code, done.out) == (
        1,
        "rules/welcom.test.yaml:1:1: E605 there is no rule `welcom`; did you mean `welcome`?\n",
    )


def test_tests_are_no_part_of_a_release(lifecycle: Lifecycle, few: Path, database: sa.Engine) -> None:
    """`apply` stores none, and a changed or broken test changes nothing that is live."""
    lifecycle.ok("apply")
    with reading(database) as connection:
        release = live(connection)
    assert release is not None
    assert [path for path in release.files if ".test." in path] == []
    (few / "rules" / "welcome.test.yaml").write_text("- broken\n")
    assert "nothing would change" in lifecycle.ok("plan").out
