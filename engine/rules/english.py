"""Rules and their parts as English sentences: for explain, plan and the docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.facts import Fact, FactType
from engine.rules.language.durations import english_duration
from engine.rules.language.values import MINOR_DIGITS
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
    Operand,
    PropertyTest,
    Rule,
    ScheduleTrigger,
    Send,
    SilentTrigger,
    Trigger,
)
from engine.rules.operators import OPERATORS
from engine.rules.slots import cron_words


def rule_sentence(rule: Rule) -> str:
    """Return a rule in one or two sentences: to whom, what, when, and only if."""
    who = f"the {rule.to_role} of the account" if rule.to_role else "the customer"
    *others, last = rule.sends
    sends = [f"`{send.template}` {_shared(send, rule.trigger)}" for send in others]
    sends.append(f"`{last.template}` {moment(last, rule.trigger)}")
    at = f", at {rule.at:%H:%M}" if rule.at else ""
    conditions = "; ".join(map(condition, rule.conditions.parts))
    return f"Write to {who}: {_listed(sends)}{at}." + (f" Only if: {conditions}." if conditions else "")


def moment(send: Send, trigger: Trigger) -> str:
    """Return a moment with what it is counted from, such as `30 days before account.card_expires_on`."""
    return f"{distance(send, trigger)} {trigger_words(trigger)}"


def distance(send: Send, trigger: Trigger) -> str:
    """Return a moment without what it is counted from, such as `30 days before`."""
    length = english_duration(abs(send.offset))
    if isinstance(trigger, SilentTrigger):
        return f"after {length} without"
    if send.offset:
        return f"{length} {'before' if send.offset < timedelta() else 'after'}"
    return "on" if isinstance(trigger, EveryTrigger) or _is_day(trigger) else "at"


def _shared(send: Send, trigger: Trigger) -> str:
    """Return a moment whose source is said later in the sentence."""
    plain = {"on": "on the day", "at": "at once"}
    words = distance(send, trigger)
    return plain.get(words, words)


def _is_day(trigger: Trigger) -> bool:
    if isinstance(trigger, OnTrigger):
        return not isinstance(trigger.when, datetime)
    return isinstance(trigger, DateTrigger) and trigger.fact.type is FactType.DATE


def trigger_words(trigger: Trigger) -> str:
    """Return what a trigger waits for, as the noun that moments stand beside."""
    return _TRIGGER_WORDS[type(trigger)](trigger)


def _event_words(trigger: EventTrigger) -> str:
    return f"{'the first ' if trigger.first else ''}{trigger.event}{_where(trigger.where)}"


def _every_words(trigger: EveryTrigger) -> str:
    return f"each {'anniversary' if trigger.period == 'year' else 'monthly return'} of {trigger.since.path}"


def _silent_words(trigger: SilentTrigger) -> str:
    since = f" (counted from {trigger.or_since.path} where there was none)" if trigger.or_since else ""
    return f"{trigger.event or 'any event'}{since}"


_TRIGGER_WORDS: Mapping[type, Callable[[Any], str]] = {
    EventTrigger: _event_words,
    DateTrigger: lambda trigger: str(trigger.fact.path),
    EveryTrigger: _every_words,
    SilentTrigger: _silent_words,
    BackTrigger: lambda trigger: f"a return after {english_duration(trigger.after)} or more",
    BecomesTrigger: lambda trigger: f"the start of ({group(trigger.conditions)})",
    ScheduleTrigger: lambda each: f"each slot of {each.cron} ({cron_words(each.cron)}, {each.zone})",
    OnTrigger: lambda trigger: _shown(trigger.when),
}


def condition(test: Condition) -> str:
    """Return a condition as English, such as `has not done Report Shared`."""
    if isinstance(test, FactTest):
        return fact_test(test)
    return did_test(test) if isinstance(test, DidTest) else group(test)


def group(test: Group) -> str:
    """Return a group with its parts; a segment is named, not written out."""
    if test.segment:
        return f"is in segment {test.segment}"
    parts = [f"({condition(part)})" if _is_wide(part) else condition(part) for part in test.parts]
    if test.kind == "none":
        return f"none of ({'; '.join(parts)})" if len(parts) > 1 else f"not ({parts[0]})"
    return (" and " if test.kind == "all" else " or ").join(parts)


def _is_wide(part: Condition) -> bool:
    return isinstance(part, Group) and not part.segment and len(part.parts) > 1


def fact_test(test: FactTest) -> str:
    """Return a test of a fact, such as `account.status is one of active, trialing`."""
    return f"{test.fact.path} {_filled(test.operator, [value(operand, test.fact) for operand in test.operands])}"


def did_test(test: DidTest) -> str:
    """Return a test of events, such as `has done Logged In at least 3 times within 7 days`."""
    event = test.event or "any event"
    rest = _where(test.where) + (f" within {english_duration(test.within)}" if test.within else "")
    rest += " since the trigger" if test.since_trigger else ""
    least = test.at_least or 0
    if test.negated:
        return f"has not done {event}{rest}" if least <= 1 else f"has done {event} fewer than {least} times{rest}"
    return f"has done {event}{_often(least, test.at_most)}{rest}"


def _often(least: int, most: int | None) -> str:
    if most is None:
        return "" if least <= 1 else f" at least {least} times"
    low = f" at least {least} and" if least else ""
    return f"{low} at most {most} {'time' if most == 1 else 'times'}"


def _where(tests: Sequence[PropertyTest]) -> str:
    return " where " + " and ".join(map(property_test, tests)) if tests else ""


def property_test(test: PropertyTest) -> str:
    """Return a test of an event's property, such as `plan is pro`."""
    return f"{test.name} {_filled(test.operator, [_shown(operand) for operand in test.operands])}"


def _filled(operator: str, operands: Sequence[str]) -> str:
    return OPERATORS[operator].english.format(*operands, all=", ".join(operands))


def value(operand: Operand, fact: Fact) -> str:
    """Return an operand as a reader would write it; money in major units of two digits."""
    if fact.type is FactType.MONEY and isinstance(operand, int):
        return str(Decimal(operand).scaleb(-MINOR_DIGITS))
    return _shown(operand)


def _shown(operand: Operand) -> str:
    if isinstance(operand, bool):
        return "true" if operand else "false"
    if isinstance(operand, timedelta):
        return english_duration(operand)
    if isinstance(operand, datetime):
        return f"{operand:%Y-%m-%d %H:%M} UTC"
    return operand.isoformat() if isinstance(operand, date) else str(operand)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
