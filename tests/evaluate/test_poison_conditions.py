"""What strange texts and numbers are to conditions: the same people are found on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from evaluate.staging import Stage, fact, rule

from engine.intake import Kind
from engine.rules.model import DidTest, EventTrigger, FactTest, PropertyTest

BUY = EventTrigger(event="Bought")
NAMES = {
    "upper": "STRASSE",
    "sharp": "Straße",
    "capital": "STRAẞE",
    "dotted": "İstanbul",
    "dotless": "\u0131stanbul",
    "plain": "istanbul",
    "composed": "Caf\u00e9",
    "apart": "Cafe\u0301",
    "bare": "Cafe",
    "emoji": "\U0001f600\U0001f600",
    "percent": "50%_off",
    "none": "50xyoff",
    "back": "a\\b",
    "quote": 'O\'Brien "x"',
    "marks": "\u202eabc\u202c",
    "long": "x" * 10_000,
}
TEXTS: list[tuple[FactTest, set[str]]] = [
    (fact("customer.first_name", "is", "strasse"), {"upper", "sharp", "capital"}),
    (fact("customer.first_name", "is", "ISTANBUL"), {"plain"}),
    (fact("customer.first_name", "is", "i\u0307stanbul"), {"dotted"}),
    (fact("customer.first_name", "starts with", "I"), {"plain", "dotted"}),
    (fact("customer.first_name", "is", "CAFÉ"), {"composed", "apart"}),
    (fact("customer.first_name", "starts with", "cafe"), {"bare"}),
    (fact("customer.first_name", "matches", "?"), set()),
    (fact("customer.first_name", "matches", "??"), {"emoji"}),
    (fact("customer.first_name", "contains", "%_"), {"percent"}),
    (fact("customer.first_name", "matches", "50%_*"), {"percent"}),
    (fact("customer.first_name", "matches", "50*OFF"), {"percent", "none"}),
    (fact("customer.first_name", "matches", "a\\b"), {"back"}),
    (fact("customer.first_name", "contains", "o'brien \""), {"quote"}),
    (fact("customer.first_name", "is", "abc"), set()),
    (fact("customer.first_name", "contains", "ABC"), {"marks"}),
    (fact("customer.first_name", "matches", "x*X"), {"long"}),
    (fact("customer.id", "matches", "O*"), set()),
    (fact("customer.id", "matches", "d*"), {"dotted", "dotless"}),
    (fact("customer.id", "starts with", "D"), set()),
]


@pytest.fixture
def people(stage: Stage) -> Stage:
    """People with strange names, each of whom buys."""
    stage.hear("2026-03-01 00:00", Kind.CUSTOMERS, *({"id": id_, "first_name": name} for id_, name in NAMES.items()))
    return stage


def found(stage: Stage, *conditions: Any) -> set[str]:  # noqa: ANN401 (conditions of all kinds)
    """Tell of whom a condition holds: each buys, and a rule on that asks it."""
    stage.live("2026-03-01 01:00", rule(BUY, 0, conditions=conditions))
    return _bought(stage)


def _bought(stage: Stage) -> set[str]:
    rows = ({"customer_id": id_, "name": "Bought", "at": "2026-03-01T02:00Z"} for id_ in NAMES)
    stage.hear("2026-03-01 02:00", Kind.EVENTS, *rows)
    stage.tick("2026-03-01 02:00")
    return set(stage.rows("subject_id"))


@pytest.mark.parametrize(("test", "whose"), TEXTS, ids=lambda value: ascii(getattr(value, "operands", ""))[:20])
def test_texts_are_compared_alike(people: Stage, test: FactTest, whose: set[str]) -> None:
    """Case and the way an accent is written do not matter, accents and signs do; ids are compared letter by letter."""
    assert found(people, test) == whose


PROPERTIES: dict[str, Any] = {
    "upper": 10**30,
    "sharp": -0.0,
    "capital": 2**53 + 1,
    "dotted": "10",
    "dotless": True,
    "plain": [10],
    "composed": {"a": 10},
    "apart": "\u0661\u0662",
    "bare": 1e-320,
    "emoji": None,
}
NUMBERS: list[tuple[PropertyTest, set[str]]] = [
    (PropertyTest(name="n", operator="above", operands=(5,)), {"upper", "capital"}),
    (PropertyTest(name="n", operator="is", operands=(0,)), {"sharp"}),
    (PropertyTest(name="n", operator="at least", operands=(0,)), {"upper", "capital", "sharp", "bare"}),
    (PropertyTest(name="n", operator="is", operands=("10",)), {"dotted"}),
    (PropertyTest(name="n", operator="is", operands=(True,)), {"dotless"}),
    (PropertyTest(name="n", operator="has"), set(PROPERTIES) - {"plain", "composed", "emoji"}),
    (PropertyTest(name="n", operator="is", operands=("12",)), set()),
]


@pytest.mark.parametrize(("test", "whose"), NUMBERS, ids=lambda value: ascii(getattr(value, "operands", ""))[:20])
def test_properties_are_compared_alike(people: Stage, test: PropertyTest, whose: set[str]) -> None:
    """Huge and tiny numbers, and values of another type than the one asked for, end no statement."""
    rows = ({"customer_id": id_, "name": "Tried", "at": "2026-03-01T00:30Z", "n": n} for id_, n in PROPERTIES.items())
    people.hear("2026-03-01 00:30", Kind.EVENTS, *rows)
    assert found(people, DidTest(event="Tried", where=(test,))) == whose
