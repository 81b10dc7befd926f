"""Whether tests of one fact leave it any value, or its absence: tried at every value at which a test can turn."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from engine.clock import span, to_micros
from engine.facts import Fact, FactType, text_key
from engine.rules.model import FactTest, Operand
from engine.rules.operators import OPERATORS, Takes

Goal = tuple[FactTest, bool]
_TEXTS = frozenset({FactType.TEXT, FactType.URL})
_DAY = span(timedelta(days=1))
_PATTERNS = frozenset({"contains", "starts with", "matches"})
_HOLDS: dict[str, Callable[[Any, Sequence[Any]], bool]] = {
    "is": lambda value, given: bool(value == given[0]),
    "not": lambda value, given: bool(value != given[0]),
    "one of": lambda value, given: value in given,
    "none of": lambda value, given: value not in given,
    "below": lambda value, given: bool(value < given[0]),
    "above": lambda value, given: bool(value > given[0]),
    "at least": lambda value, given: bool(value >= given[0]),
    "at most": lambda value, given: bool(value <= given[0]),
    "between": lambda value, given: bool(given[0] <= value <= given[1]),
    "contains": lambda value, given: given[0] in value,
    "starts with": lambda value, given: bool(value.startswith(given[0])),
    "matches": lambda value, given: fnmatch.fnmatchcase(value, given[0].replace("[", "[[]")),
    "before": lambda value, given: bool(value < given[0]),
    "after": lambda value, given: bool(value > given[0]),
    "within last": lambda away, given: bool(-given[0] < away <= 0),
    "within next": lambda away, given: bool(0 <= away <= given[0]),
    "more than ago": lambda away, given: bool(away <= -given[0]),
}
"""What each operator says of one known value; of those that move with now, how far ahead of now the value lies."""


def tests_agree(goals: Sequence[Goal]) -> bool:
    """Return whether one fact can pass and fail the tests as wanted; it may be missing."""
    if all((test.operator == "missing") is wanted for test, wanted in goals):
        return True
    if any((test.operator == "has") is not wanted for test, wanted in goals if test.operator in {"has", "missing"}):
        return False
    known = [(test, wanted) for test, wanted in goals if test.operator not in {"has", "missing"}]
    moving = [goal for goal in known if OPERATORS[goal[0].operator].takes is Takes.SPAN]
    fixed = [goal for goal in known if goal not in moving]
    return _some_value(fixed) and _some_distance(moving)


def _some_value(goals: Sequence[Goal]) -> bool:
    """Return whether some value fits; since now may be any time, it does not matter how far from now it lies."""
    if not goals:
        return True
    fact = goals[0][0].fact
    if fact.type in _TEXTS:
        return any(_fits(value, goals) for value in _named(goals)) or _another_text(goals)
    if fact.type is FactType.BOOLEAN:
        return any(_fits(value, goals) for value in (True, False))
    return any(_fits(value, goals) for value in _around(_named(goals)))


def _some_distance(goals: Sequence[Goal]) -> bool:
    lengths = {length for test, _ in goals for length in _operands(test)}
    places = {place + step for length in lengths for place in (-length, 0, length) for step in (-1, 0, 1)}
    return not goals or any(_fits(place, goals) for place in places)


def _fits(value: object, goals: Sequence[Goal]) -> bool:
    return all(_HOLDS[test.operator](value, _operands(test)) is wanted for test, wanted in goals)


def _named(goals: Sequence[Goal]) -> set[Any]:
    return {value for test, _ in goals for value in _operands(test)}


def _around(values: set[Any]) -> Iterator[Fraction]:
    """Yield numbers, one between each two neighbours, and one beyond either end."""
    ordered = sorted(map(Fraction, values))
    yield from ordered
    yield from ((low + high) / 2 for low, high in pairwise(ordered))
    yield from (ordered[0] - 1, ordered[-1] + 1)


def _operands(test: FactTest) -> list[Any]:
    """Return the operands as values that compare: keys of texts, numbers of all else."""
    return [_comparable(operand, test.fact) for operand in test.operands]


def _comparable(operand: Operand, fact: Fact) -> Any:  # noqa: ANN401 (each type has its own)
    if isinstance(operand, str):
        return operand if fact.column == "id" else text_key(operand)
    if isinstance(operand, timedelta):
        return span(operand) // _DAY if fact.type is FactType.DATE else span(operand)
    if isinstance(operand, datetime):
        return to_micros(operand)
    return operand.toordinal() if isinstance(operand, date) else operand


def _another_text(goals: Sequence[Goal]) -> bool:
    """Return whether a text that no test names may fit; patterns are compared with each other only."""
    equal = [(test, wanted) for test, wanted in goals if test.operator not in _PATTERNS]
    if not all((test.operator in {"not", "none of"}) is wanted for test, wanted in equal):
        return False
    held = [test for test, wanted in goals if test.operator in _PATTERNS and wanted]
    refused = [test for test, wanted in goals if test.operator in _PATTERNS and not wanted]
    starts = [_operands(test)[0] for test in held if test.operator == "starts with"]
    nested = all(one.startswith(other) or other.startswith(one) for one in starts for other in starts)
    return nested and not any(_implies(test, other) for test in held for other in refused)


def _implies(test: FactTest, other: FactTest) -> bool:
    """Return whether every text that passes one pattern passes the other."""
    text, part = _operands(test)[0], _operands(other)[0]
    if test.operator == other.operator == "matches" or test.operator == "matches" or other.operator == "matches":
        return test.operator == other.operator and bool(text == part)
    if other.operator == "contains":
        return part in text
    return test.operator == "starts with" and bool(text.startswith(part))
