"""Conditions as SQL: one row a kind of leaf, with its expression and the arms that tell when it may have changed.

Truth is two-valued: a leaf about a missing fact is false, so that `none` of it is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import span, to_micros
from engine.facts import FactType, text_key
from engine.rules.model import Condition, DidTest, FactTest, Group, Operand
from engine.rules.operators import OPERATORS, Takes, glob_to_like
from engine.rules.sql.arms import NOW, Arms
from engine.rules.sql.calendars import DAY
from engine.rules.sql.dialects import REAL, TEXT, WHOLE, Column, Speech
from engine.rules.sql.leaves_events import did
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.stored import Subjects

Truth = sa.ColumnElement[bool]
TODAY = "today"
"""The parameter that maps each zone to the number of the day it is there."""

_EDGES = {"within last": (0, 1), "within next": (0, -1), "more than ago": (1,)}
"""When a window's truth turns, as multiples of its length after the instant."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a condition is asked of: a subject's rows and the moment it is asked for."""

    subjects: Subjects
    moment: MomentColumns
    speech: Speech


def truth(condition: Condition, scope: Scope) -> Truth:
    """Return a condition as an expression that is true or false, never NULL."""
    if isinstance(condition, Group):
        return _group(condition, scope)
    if isinstance(condition, DidTest):
        return did(condition, scope.subjects, scope.moment, scope.speech)
    return fact_truth(condition, scope)


def _group(group: Group, scope: Scope) -> Truth:
    parts = [truth(part, scope) for part in group.parts]
    if group.kind == "all":
        return sa.and_(sa.true(), *parts)
    either = sa.or_(sa.false(), *parts)
    return either if group.kind == "any" else sa.not_(either)


def fact_truth(test: FactTest, scope: Scope) -> Truth:
    """Return the test of a fact."""
    operator = OPERATORS[test.operator]
    if test.operator == "missing":
        return sa.not_(scope.subjects.test(test.fact, lambda column: column.is_not(None)))
    if operator.takes is Takes.SPAN and test.fact.type is FactType.DATE:
        window = _days(test, scope)
        return scope.subjects.test(test.fact, lambda column: operator.sql(scope.speech.day_number(column), window))
    operands = _instants(test) if operator.takes is Takes.SPAN else [_operand(test, value) for value in test.operands]
    return scope.subjects.test(test.fact, lambda column: operator.sql(column, operands))


def _length(test: FactTest) -> timedelta:
    length = test.operands[0]
    assert isinstance(length, timedelta)
    return length


def _instants(test: FactTest) -> list[Column]:
    length = sa.literal(span(_length(test)), WHOLE)
    return [NOW, NOW + length] if test.operator == "within next" else [NOW - length, NOW]


def _days(test: FactTest, scope: Scope) -> list[Column]:
    day = scope.speech.entry(TODAY, scope.subjects.local_zone)
    length = _length(test) // timedelta(days=1)
    return [day, day + length] if test.operator == "within next" else [day - length, day]


def _operand(test: FactTest, value: Operand) -> Column:
    """Return an operand as the database holds such a value."""
    kind = test.fact.type
    if OPERATORS[test.operator].takes is Takes.GLOB:
        return sa.literal(glob_to_like(_key(test, value)), TEXT)
    if kind in {FactType.TEXT, FactType.URL}:
        return sa.literal(_key(test, value), TEXT)
    return sa.literal(*_stored(value))


def _key(test: FactTest, value: Operand) -> str:
    """Return a text as its fact is compared: ids letter by letter, all others by their key."""
    return str(value) if test.fact.column == "id" else text_key(str(value))


def _stored(value: Any) -> tuple[Any, sa.types.TypeEngine[Any]]:  # noqa: ANN401 (each type has its own)
    if isinstance(value, bool | int):
        return int(value), WHOLE
    if isinstance(value, float):
        return value, REAL
    return (to_micros(value), WHOLE) if hasattr(value, "tzinfo") else (value.isoformat(), TEXT)


@dataclass(frozen=True, kw_only=True)
class DayList:
    """A list of days made for each tick: those that `shifts` after them became today in some zone."""

    parameter: str
    shifts: tuple[int, ...]


def arms_of(condition: Condition, arms: Arms) -> list[DayList]:
    """Add the arms of a condition; returns the lists of days that they read."""
    if isinstance(condition, Group):
        return [made for part in condition.parts for made in arms_of(part, arms)]
    if isinstance(condition, DidTest):
        arms.events_changed(condition.event)
        if condition.within is not None:
            arms.events_crossed(condition.event, span(condition.within))
        return []
    arms.fact_changed(condition.fact)
    return _window_arms(condition, arms) if condition.operator in _EDGES else []


def _window_arms(test: FactTest, arms: Arms) -> list[DayList]:
    length, edges = _length(test), _EDGES[test.operator]
    if test.fact.type is FactType.TIME:
        for edge in edges:
            arms.fact_crossed(test.fact, edge * span(length))
        return []
    arms.zone_changed()
    days = span(length) // DAY
    shifts = tuple(edge * days if edge else int(test.operator == "within next") for edge in edges)
    made = DayList(parameter="days_" + "_".join(str(shift).replace("-", "m") for shift in shifts), shifts=shifts)
    arms.fact_listed(test.fact, made.parameter)
    return [made]
