"""The clauses of a rule with the values that the database gave for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.clock import from_micros
from engine.evaluate.explanation import Clause
from engine.facts import Fact, FactType
from engine.rules import english
from engine.rules.model import Condition, DidTest, FactTest, Group
from engine.rules.sql.clauses import nodes
from engine.traits import read_again
from engine.values import BadValue, Border

MISSING = "missing"


def clause_tree(conditions: Group, row: Mapping[str, Any]) -> Clause:
    """Return the conditions as clauses; `row` holds the truth and the value of the n-th node."""
    return _clause(conditions, row, iter(range(sum(1 for _ in nodes(conditions)))))


def _clause(node: Condition, row: Mapping[str, Any], numbers: Iterator[int]) -> Clause:
    number = next(numbers)
    return Clause(
        text=english.condition(node),
        holds=bool(row[f"holds_{number}"]),
        value=_value(node, row, number),
        parts=tuple(_clause(part, row, numbers) for part in node.parts) if isinstance(node, Group) else (),
    )


def _value(node: Condition, row: Mapping[str, Any], number: int) -> str:
    if isinstance(node, FactTest):
        return fact_value(node.fact, row[f"value_{number}"])
    if isinstance(node, DidTest):
        return _times(int(row[f"value_{number}"]), row[f"last_{number}"])
    return ""


def _times(count: int, last: int | None) -> str:
    if last is None:
        return "never"
    often = "once" if count == 1 else f"{count} times, last"
    return f"{often} on {instant(last)}"


def fact_value(fact: Fact, text: str | None) -> str:
    """Return a fact's value as people read it."""
    if text is None:
        return MISSING
    if fact.column is None:
        return _trait_value(fact, text)
    if fact.type is FactType.TIME:
        return instant(int(text))
    return english.value(int(float(text)), fact) if fact.type is FactType.MONEY else text


def _trait_value(fact: Fact, text: str) -> str:
    """Return a trait's text, and say of one that is not of its type that it is missing for rules."""
    try:
        value = read_again(fact.type, text, Border())
    except BadValue:
        return text if fact.type is FactType.MONEY else f"{text} (no {fact.type}, so it counts as missing)"
    if fact.type is FactType.TIME:
        return instant(int(value))
    return english.value(int(value), fact) if fact.type is FactType.MONEY else text


def instant(at: int) -> str:
    """Return an instant to the minute."""
    return f"{from_micros(at):%Y-%m-%d %H:%M} UTC"
