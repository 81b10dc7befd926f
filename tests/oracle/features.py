"""What a rule has, in words: so that histories can be about some feature of the language, and rare ones meet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from engine.facts import FactType
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    OnTrigger,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
    Trigger,
    leaves,
)

DAY = timedelta(days=1)
TRIES = 20_000
"""How many rules are made at most until one has what is needed; the rarest needs come once in some thousands."""


def with_features(make: Callable[[], Rule], needed: Collection[str]) -> Rule:
    """Return the first rule that has all features that are needed. Raises LookupError where none comes."""
    for rule in (make() for _ in range(TRIES)):
        if features(rule).issuperset(needed):
            return rule
    raise LookupError(f"no rule that has {' and '.join(sorted(needed))}")


def features(rule: Rule) -> frozenset[str]:
    """Return the words for what a rule has."""
    return frozenset(
        {f"of {rule.subject}s", *_of_trigger(rule.trigger), *_of_moments(rule), *_of_condition(rule.asked)}
    )


def _of_trigger(trigger: Trigger) -> Iterator[str]:
    """Yield what sets the trigger apart from others of its kind, and its kind."""
    if isinstance(trigger, EventTrigger):
        yield "first event" if trigger.first else "each event"
        yield from ["event where"] if trigger.where else []
    elif isinstance(trigger, DateTrigger):
        yield f"{trigger.fact.subject}'s {trigger.fact.type}"
    elif isinstance(trigger, EveryTrigger):
        yield from (f"every {trigger.period}", f"anniversary of the {trigger.since.subject}")
    elif isinstance(trigger, SilentTrigger):
        yield "silent" if trigger.event is None else "silent event"
        yield from ["or since"] if trigger.or_since else []
    else:
        plain = {BackTrigger: "back", BecomesTrigger: "becomes", ScheduleTrigger: "schedule", OnTrigger: "on"}
        yield plain[type(trigger)]
        yield from ["on instant"] if isinstance(trigger, OnTrigger) and isinstance(trigger.when, datetime) else []


def _of_moments(rule: Rule) -> Iterator[str]:
    offsets = [send.offset for send in rule.sends]
    told = {
        "local days": rule.on_days,
        "early hour": rule.on_days and rule.at is not None and rule.at.hour < 9,
        "several offsets": len(offsets) > 1,
        "before": min(offsets) < timedelta(),
        "after": max(offsets) > timedelta(),
        "part of a day": any(offset % DAY for offset in offsets),
        "long open": rule.open_for > timedelta(hours=1),
        "one test": len(leaves(rule.asked)) == 1,
        "backfill": rule.backfill is not None,
        "no backfill": rule.backfill is None,
    }
    yield from (word for word, true in told.items() if true)


def _of_condition(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Group):
        yield from [condition.kind] if condition.parts else ["no condition"]
        for part in condition.parts:
            yield from _of_condition(part)
    elif isinstance(condition, FactTest):
        kind = condition.fact.type
        yield from (f"fact {condition.operator}", f"{kind} {condition.operator}", f"fact of {condition.fact.subject}")
        yield from ["day window"] if kind is FactType.DATE and _is_window(condition) else []
    else:
        yield from _of_count(condition)


def _is_window(test: FactTest) -> bool:
    return any(isinstance(operand, timedelta) for operand in test.operands)


def _of_count(test: DidTest) -> Iterator[str]:
    told = {
        "did": not test.negated,
        "did not": test.negated,
        "any event": test.event is None,
        "did at least": (test.at_least or 0) > 1,
        "did at most": test.at_most is not None,
        "did within": test.within is not None,
        "since trigger": test.since_trigger,
        "did where": bool(test.where),
        "did ever": test.within is None and not test.since_trigger and not test.where,
    }
    yield from (word for word, true in told.items() if true)
