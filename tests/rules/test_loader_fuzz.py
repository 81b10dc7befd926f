"""Whatever is done to good files, the loader answers with problems at places inside them, or with sound rules."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules.rule_files import GOOD

from engine.rules.english import rule_sentence
from engine.rules.fingerprint import fingerprint, trigger_fingerprint
from engine.rules.json_schema import schemas
from engine.rules.loader import Loaded, load

BASE = {path: GOOD[path] for path in ("rules/topics.yaml", "rules/traits.yaml", "rules/segments.yaml")}
PIECES = [
    ":", ": ", " ", "  ", "\n", "\n- ", "- ", "\t", "[", "]", "{", "}", ",", "'", '"', "#",
    "&a ", "*a", "!x ", "|", ">", "?",
    "null", "~", "true", "-1", "0", "99999999999999999999", "1e400", "0001-01-01", "9999-12-31", "2026-02-30 25:61",
    "9999-12-31 23:59-12:00", "3650 days", "9999999 weeks", "any event", "customer.signed_up_at", "account.renews_on",
    "at least", "between", "is", "with", "send", "since: trigger", "none:", "any: ", "segment: paying",
    "É", "\u2028", "\0",
    "\ud83d\ude00", "%", "@", "did not: ", "has: ", "x" * 1100,
]  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """Return a text with a few faults: pieces put in, taken out, doubled, swapped, or lines moved."""
    for _ in range(chance.randint(1, 4)):
        start, length = chance.randint(0, len(text)), chance.choice((0, 0, 1, 1, 2, 5, 20))
        cut, rest = text[start : start + length], text[start + length :]
        put = chance.choice((chance.choice(PIECES), "", cut * 2, cut[::-1], cut.swapcase()))
        text = text[:start] + put + rest
    lines = text.split("\n")
    if chance.random() < 0.3:
        i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines)


def answer(path: str, text: str) -> Loaded:
    """Load a file among the sound special ones, and ask everything of the answer that can be asked."""
    loaded = load(BASE | {path: text}, templates={"welcome"}, events={"Signed Up"}, zone="Pacific/Auckland")
    heights = {place: other.count("\n") + 2 for place, other in (BASE | {path: text}).items()}
    for problem in loaded.problems:
        assert 1 <= problem.line <= heights[problem.path] + text.count("\r")
        assert problem.column >= 1
        assert problem.message
        assert "Traceback" not in str(problem)
    for rule in loaded.rules.rules.values():
        assert rule.topic in loaded.rules.topics
        assert rule.sends
        assert rule_sentence(rule)
        assert fingerprint(rule, "UTC") != fingerprint(rule, "Asia/Tokyo")
        assert trigger_fingerprint(rule, "UTC")
    return loaded


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(sorted(GOOD)), seed=st.integers(0, 2**64), data=st.data())
def test_a_spoilt_file_gives_problems_or_rules(path: str, seed: int, data: st.DataObject) -> None:
    """No change of a good file ends in an exception, and what is loaded can be said and fingerprinted."""
    text = mutated(GOOD[path], random.Random(seed))  # noqa: S311 (faults, not secrets)
    line = data.draw(st.integers(0, text.count("\n")))
    cut = data.draw(st.booleans())
    lines = text.split("\n")
    answer(path, "\n".join(lines[:line] + lines[line + 1 :] if cut else lines))


@pytest.mark.slow
def test_two_thousand_spoilt_files() -> None:
    """The same over a dense run with a fixed seed, in which both answers occur often."""
    chance = random.Random(20260301)  # noqa: S311 (faults, not secrets)
    answers = [answer(path, mutated(GOOD[path], chance)) for path in chance.choices(sorted(GOOD), k=2000)]
    broken = sum(any(problem.severity == "error" for problem in loaded.problems) for loaded in answers)
    assert 1000 < broken < 2000


def test_schemas_follow_whatever_was_loaded() -> None:
    """The schemas of a half-broken workspace are still schemas."""
    chance = random.Random(7)  # noqa: S311 (faults, not secrets)
    for _ in range(20):
        path = chance.choice(sorted(BASE))
        rules = load(GOOD | {path: mutated(GOOD[path], chance)}).rules
        assert len(schemas(rules)) == len(schemas(load(GOOD).rules))
