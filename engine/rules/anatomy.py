"""Taking a rule apart without knowing its kind: every value that stands somewhere in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from itertools import chain

from engine.facts import FactType
from engine.rules.model import FactTest, Group, Rule


def values(part: object) -> Iterator[object]:
    """Yield a part of a rule and everything in it: conditions, tests, operands, durations."""
    yield part
    if is_dataclass(part):
        for each in fields(part):
            yield from values(getattr(part, each.name))
    elif isinstance(part, tuple):
        yield from chain.from_iterable(map(values, part))


def spans(rule: Rule) -> frozenset[timedelta]:
    """Return every duration that decides when something becomes true: of its moments, trigger and conditions."""
    found = values((rule.trigger, rule.sends, rule.conditions))
    return frozenset(span for span in found if isinstance(span, timedelta) and span)


def turns_by_day(rule: Rule) -> bool:
    """Return whether a condition may turn as a day begins: one that counts days from or to a calendar day."""
    tests = [part for part in values((rule.trigger, rule.conditions)) if isinstance(part, FactTest)]
    return any(test.fact.type is FactType.DATE and _counts(test) for test in tests)


def _counts(test: FactTest) -> bool:
    return any(isinstance(operand, timedelta) for operand in test.operands)


def begins_by_conditions(rule: Rule) -> bool:
    """Return whether a rule's trigger is itself made of conditions, so that it may begin for anybody at any time."""
    return any(isinstance(part, Group) for part in values(rule.trigger))


def events(rule: Rule) -> frozenset[str]:
    """Return the names of the events that a rule reads."""
    named = (getattr(part, "event", None) for part in values((rule.trigger, rule.conditions)))
    return frozenset(name for name in named if isinstance(name, str))
