"""Conditions judged one by one in plain Python, two-valued: a test of what is missing is false."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oracle.world import Owner, World

from engine.facts import FactType
from engine.rules.model import Condition, DidTest, FactTest, Group, PropertyTest


def holds(condition: Condition, world: World, subject: Owner, moment: Any, now: int, zone: str) -> bool:  # noqa: ANN401, PLR0917 (plain on purpose)
    """Return whether a condition holds for a subject at a moment."""
    if isinstance(condition, Group):
        parts = [holds(part, world, subject, moment, now, zone) for part in condition.parts]
        return {"all": all(parts), "any": any(parts), "none": not any(parts)}[condition.kind]
    if isinstance(condition, DidTest):
        return did(condition, world, subject, moment, now)
    value = world.fact(subject, condition.fact)
    if condition.operator in {"has", "missing"}:
        return (value is not None) == (condition.operator == "has")
    return value is not None and fact_holds(condition, value, now, today(world, subject, now, zone))


def today(world: World, subject: Owner, now: int, zone: str) -> date:
    """Return the day it is where a subject lives."""
    name = world.value(subject, "time_zone")
    account = world.account_of(subject[1]) if subject[0] == "customer" else None
    if name is None and account is not None:
        name = world.value(("account", account), "time_zone")
    return datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(ZoneInfo(name or zone)).date()


def fact_holds(test: FactTest, value: Any, now: int, day: date) -> bool:  # noqa: ANN401 (each type has its own)
    """Return whether a known value passes a test."""
    if test.operands and isinstance(test.operands[0], timedelta):
        length = test.operands[0]
        if test.fact.type is FactType.DATE:
            return window(test.operator, value, day, timedelta(days=length.days))
        return window(test.operator, value, now, round(length.total_seconds() * 1_000_000))
    operands = [comparable(operand) for operand in test.operands]
    return compare(test.operator, value.casefold() if isinstance(value, str) else value, operands)


def window(operator: str, value: Any, now: Any, length: Any) -> bool:  # noqa: ANN401 (days or microseconds)
    """Return whether a day or an instant lies in a window that moves with the clock."""
    if operator == "within last":
        return bool(now - length < value <= now)
    if operator == "within next":
        return bool(now <= value <= now + length)
    return bool(value <= now - length)


def comparable(operand: Any) -> Any:  # noqa: ANN401 (each type has its own)
    """Return an operand as the world holds such values."""
    if isinstance(operand, datetime):
        return round(operand.timestamp() * 1_000_000)
    return operand.casefold() if isinstance(operand, str) else operand


def compare(operator: str, value: Any, operands: list[Any]) -> bool:  # noqa: ANN401 (each type has its own)
    """Return whether a value passes a test against fixed operands."""
    if operator in {"one of", "none of"}:
        return (value in operands) == (operator == "one of")
    first = operands[0]
    table: dict[str, Callable[[], bool]] = {
        "is": lambda: value == first,
        "not": lambda: value != first,
        "below": lambda: value < first,
        "before": lambda: value < first,
        "above": lambda: value > first,
        "after": lambda: value > first,
        "at least": lambda: value >= first,
        "at most": lambda: value <= first,
        "between": lambda: first <= value <= operands[1],
        "contains": lambda: first in value,
        "starts with": lambda: value.startswith(first),
        "matches": lambda: fnmatch.fnmatchcase(value, first),
    }
    return bool(table[operator]())


def did(test: DidTest, world: World, subject: Owner, moment: Any, now: int) -> bool:  # noqa: ANN401 (a Moment)
    """Return whether something happened as often as asked."""
    found = [one for person in world.people(subject) for one in world.events[person]]
    found = [one for one in found if test.event in {None, one.name}]
    if test.within is not None:
        start = now - round(test.within.total_seconds() * 1_000_000)
        found = [one for one in found if one.at > start]
    if test.since_trigger:
        found = [one for one in found if one.at >= moment.anchor and one.id != moment.event_id]
    count = sum(all(property_holds(part, one.keys) for part in test.where) for one in found)
    least, most = test.at_least or 0, test.at_most
    return (count >= least and (most is None or count <= most)) != test.negated


def property_holds(test: PropertyTest, keys: dict[str, Any]) -> bool:
    """Return whether an event's property passes a test; another type of value never does."""
    value = keys.get(test.name)
    if test.operator in {"has", "missing"}:
        return (value is not None) == (test.operator == "has")
    kind = type(test.operands[0])
    if value is None or (isinstance(value, str), isinstance(value, bool)) != (kind is str, kind is bool):
        return False
    return compare(test.operator, value, [comparable(operand) for operand in test.operands])
