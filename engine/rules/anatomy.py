"""Taking a rule apart without knowing its kind: every value that stands somewhere in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from itertools import chain

from engine.rules.model import Rule


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


def events(rule: Rule) -> frozenset[str]:
    """Return the names of the events that a rule reads."""
    named = (getattr(part, "event", None) for part in values((rule.trigger, rule.conditions)))
    return frozenset(name for name in named if isinstance(name, str))
