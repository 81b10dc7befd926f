"""Every shipped rule has tests that pass, and that fail as soon as the rule is another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from starter import pack

from engine.ruletests import Bench, Tests, read
from engine.settings import Settings

RULES = sorted(pack.rules().rules)
SETTINGS = Settings(provider="files")


@cache
def shipped() -> Tests:
    """The tests of the pack, read."""
    return read(pack.files(), templates=pack.checked().library.names, zone="UTC")


def passes(rule: str, files: Mapping[str, str], zone: str = "UTC") -> bool:
    """Whether every test of a rule passes with these files."""
    settings = Settings(provider="files", time_zone=zone)
    found = read(files, templates=pack.checked().library.names, zone=zone)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    bench = Bench(files=files, library=pack.compiled(), settings=settings)
    results = [bench.run(test) for test in found.scenarios.values() if test.rules == (rule,)]
    assert results
    return all(result.passed for result in results)


@pytest.mark.parametrize("rule", RULES)
def test_a_shipped_rule_has_a_mail_and_a_silence(rule: str) -> None:
    """Each test of the pack shows who gets the mail, and who does not."""
    mine = [test for test in shipped().scenarios.values() if rule in test.rules]
    assert any(test.expected for test in mine)
    assert any(test.never for test in mine)


def test_check_has_nothing_to_say_of_the_tests() -> None:
    """No mistake and no lint."""
    assert shipped().problems == ()


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
@pytest.mark.parametrize("rule", RULES)
def test_the_tests_of_a_shipped_rule_pass(rule: str, zone: str) -> None:
    """They do in every workspace, wherever it lives."""
    assert passes(rule, pack.files(), zone)


def mutants() -> Iterator[tuple[str, str, str]]:
    """Yield a rule, what is done to it, and its text then."""
    for rule in RULES:
        text = pack.files()[f"rules/{rule}.yaml"]
        for what, changed in _changed(text):
            assert changed != text, f"{what} leaves {rule} as it is"
            yield rule, what, changed


def _changed(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"^  (?:after )?(\d+) \w+(?: before)?:", text, re.MULTILINE):
        yield f"{found[0].strip()} one later", text[: found.start(1)] + str(int(found[1]) + 1) + text[found.end(1) :]
    for found in re.finditer(r"^  - .*\n", text, re.MULTILINE):
        without = text[: found.start()] + text[found.end() :]
        yield f"without {found[0].strip()}", without if "\n  - " in without else without.replace("if:\n", "")
    for old, new in SWAPS:
        if old in text:
            yield f"{old.strip()} → {new.strip()}", text.replace(old, new)


SWAPS = (
    ("\nat: 09:00", "\nat: 09:01"),
    ("\nat: 10:00", "\nat: 10:01"),
    (", first: true", ""),
    ("to: account owner\n", ""),
    ("after: 30 days", "after: 28 days"),
    ("at least: 2", "at least: 3"),
    ("[active, trialing]", "[trialing]"),
    ("discount: 20", "discount: 30"),
    ("one month free", "two months free"),
    ("every: year", "every: month"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "text"), [pytest.param(r, t, id=f"{r}: {w}") for r, w, t in mutants()])
def test_a_wrong_rule_makes_its_tests_fail(rule: str, text: str) -> None:
    """An offset that is one more, a condition less, another time of day, another reader: the tests notice."""
    assert not passes(rule, {**pack.files(), f"rules/{rule}.yaml": text})


SEGMENT_SWAPS = (
    ("card-expiry", "[active, past due]", "[active]"),
    ("card-expiry", "[active, past due]", "[active, past due, cancelled]"),
    ("loyalty-reward", "at least: 5", "at least: 6"),
    ("loyalty-reward", "      - did: {event: Report Shared, within: 60 days}\n", ""),
    ("loyalty-reward", "within: 60 days", "within: 90 days"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "old", "new"), SEGMENT_SWAPS)
def test_a_wrong_segment_makes_the_tests_of_its_rules_fail(rule: str, old: str, new: str) -> None:
    """What rules share is tested with them."""
    text = pack.files()["rules/segments.yaml"]
    assert old in text
    assert not passes(rule, {**pack.files(), "rules/segments.yaml": text.replace(old, new)})
