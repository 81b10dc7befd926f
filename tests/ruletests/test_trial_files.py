"""A test file that is wrong says where, what, and what would be right, as `check` does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from ruletests.trial import ANA, FILES, LIBRARY, problems

from engine.rules.scenarios.codes import SCENARIO_CODES
from engine.ruletests import read

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
EXPECTED = "#! "
MAIL = "expect:\n  - {at: 2026-03-02 10:00, to: ana}\n"
GOOD = """
accounts:
  acme: {status: active}
customers:
  ana: {account: acme}
events:
  - {at: [2026-03-01 10:00], who: ana, did: Logged In, with: {from: web}}
changes:
  - {at: 2026-03-01 10:00, who: acme, set: {account.status: cancelled}}
expect: [{never: ana}]
"""


def split(path: Path) -> tuple[str, list[str]]:
    """Return the text of a bad test and the problems that its last lines name: `#! line:column: CODE message`."""
    lines = path.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(EXPECTED))
    return text, [line.removeprefix(EXPECTED).rstrip("\n") for line in lines if line.startswith(EXPECTED)]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_has_its_place_and_what_would_be_right(path: Path) -> None:
    """Each bad file has exactly the problems that it names at its end."""
    text, expected = split(path)
    assert expected
    assert problems(text) == expected


def test_every_code_has_a_case() -> None:
    """No code is there that nobody can see; E607 needs a run, and has its tests there."""
    seen = {problem.split()[1] for path in BAD for problem in split(path)[1]}
    assert set(SCENARIO_CODES) - seen == {"E607"}


def test_a_test_without_its_rule_says_which_was_meant() -> None:
    """A file is named after its rule, with words between if there are several tests of one."""
    assert problems(ANA + MAIL, "rules/before-you-og.test.yaml") == [
        "1:1: E605 there is no rule `before-you-og`; did you mean `before-you-go`?"
    ]
    assert problems(ANA + MAIL, "rules/before-you-go.in-march.test.yaml") == []


def test_a_test_of_a_broken_rule_makes_no_mistake_of_its_own() -> None:
    """The rule's own mistakes are told; the test waits."""
    assert problems(ANA + MAIL, **{"rules/before-you-go.yaml": "topic: account\n"}) == []


def test_mangled_tests_end_in_problems_with_a_place() -> None:
    """Whatever is cut out, doubled or put into a good file: problems with places, or a test; never an exception."""
    dice = random.Random(3)  # noqa: S311 (no secret)
    for _ in range(300):
        start = dice.randrange(len(GOOD))
        end = min(len(GOOD), start + dice.randrange(1, 12))
        piece = dice.choice(["", GOOD[start:end] * 2, "[", "{", ": ", "- ", "null", "\n", "'", "&a"])
        text = GOOD[:start] + piece + GOOD[end:]
        found = read({**FILES, "rules/card.test.yaml": text}, templates=LIBRARY.names, zone="UTC")
        assert found.scenarios or found.problems
        assert all(problem.line >= 1 and problem.column >= 1 for problem in found.problems)
