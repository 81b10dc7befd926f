"""Whether tests of one fact, or of one event, leave any value at all: worked out without a database."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.facts import text_key
from engine.rules.model import DidTest, FactTest

_FINITE = frozenset({"is", "one of"})


def _glob(value: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


_HOLDS: dict[str, Callable[[Any, tuple[Any, ...]], bool]] = {
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
    "matches": lambda value, given: _glob(value, given[0]),
    "before": lambda value, given: bool(value < given[0]),
    "after": lambda value, given: bool(value > given[0]),
}
"""What each operator says of one known value; those about now hold for some value at some time."""
_LOW = {"above": True, "after": True, "at least": False}
_HIGH = {"below": True, "before": True, "at most": False}


def fact_tests_clash(tests: Sequence[FactTest]) -> bool:
    """Return whether no value of the fact, nor its absence, satisfies all the tests."""
    operators = {test.operator for test in tests}
    if "missing" in operators:
        return operators != {"missing"}
    if operators & _FINITE:
        return not any(_all_hold(value, tests) for value in _candidates(tests))
    return _empty_range(tests) or _empty_window(tests)


def _candidates(tests: Sequence[FactTest]) -> tuple[Any, ...]:
    return next(_values(test) for test in tests if test.operator in _FINITE)


def _values(test: FactTest) -> tuple[Any, ...]:
    return tuple(text_key(value) if isinstance(value, str) else value for value in test.operands)


def _all_hold(value: object, tests: Sequence[FactTest]) -> bool:
    return all(_HOLDS[test.operator](value, _values(test)) for test in tests if test.operator in _HOLDS)


def _empty_range(tests: Sequence[FactTest]) -> bool:
    """Return whether the highest lower end lies above the lowest upper end (or on it, where one is open)."""
    lows = [(_number(test.operands[0]), _LOW.get(test.operator, False)) for test in tests if _has_low(test)]
    highs = [(_number(test.operands[-1]), _HIGH.get(test.operator, False)) for test in tests if _has_high(test)]
    if not lows or not highs:
        return False
    low, high = max(lows), min(highs, key=lambda end: (end[0], not end[1]))
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1]))


def _has_low(test: FactTest) -> bool:
    return test.operator in _LOW or test.operator == "between"


def _has_high(test: FactTest) -> bool:
    return test.operator in _HIGH or test.operator == "between"


def _number(value: Any) -> float:  # noqa: ANN401 (numbers, days and instants)
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value.toordinal()) if hasattr(value, "toordinal") else float(value)


def _empty_window(tests: Sequence[FactTest]) -> bool:
    """Return whether windows that move with now have nothing in common; 0 is now, the past is negative."""
    ends = [_window(test) for test in tests if isinstance(test.operands[0] if test.operands else None, timedelta)]
    return bool(ends) and max(low for low, _ in ends) > min(high for _, high in ends)


def _window(test: FactTest) -> tuple[float, float]:
    length = test.operands[0]
    assert isinstance(length, timedelta)
    seconds = length.total_seconds()
    just_inside = 1e-6
    return {
        "within last": (just_inside - seconds, 0.0),
        "within next": (0.0, seconds),
        "more than ago": (-math.inf, -seconds),
    }[test.operator]


def did_tests_clash(tests: Sequence[DidTest]) -> bool:
    """Return whether no count of the event satisfies all the tests.

    A count in a window or with properties is at most the count of all time, so an upper end of that bounds each.
    """
    ever = min((_most(test) for test in tests if _of_all_time(test)), default=math.inf)
    return any(_least(test) > min(ever, _most_of_same(test, tests)) for test in tests)


def _of_all_time(test: DidTest) -> bool:
    return test.within is None and not test.since_trigger and not test.where


def _least(test: DidTest) -> float:
    return 0 if test.negated else test.at_least or 0


def _most(test: DidTest) -> float:
    if test.negated:
        return (test.at_least or 1) - 1
    return math.inf if test.at_most is None else test.at_most


def _most_of_same(test: DidTest, tests: Sequence[DidTest]) -> float:
    same = [other for other in tests if _frame(other) == _frame(test)]
    return min(_most(other) for other in same)


def _frame(test: DidTest) -> object:
    return (test.within, test.since_trigger, test.where)
