"""Lint of two rules that can write to one person on one day, because they stand on the same fact and distance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from engine.errors import Problem
from engine.rules import english
from engine.rules.codes import RULE_CODES
from engine.rules.language.durations import DAY
from engine.rules.language.possible import possible
from engine.rules.language.rule_file import Draft
from engine.rules.language.sends import Fitted
from engine.rules.language.taken_for_granted import granted_by
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    Rule,
    SilentTrigger,
    Topic,
    Trigger,
)


def same_day(drafts: Sequence[Draft], topics: Mapping[str, Topic]) -> Iterator[Problem]:
    """Yield, once for each pair of rules, the moment of the second that falls on a day of the first.

    Two transactional topics are no problem, nor are conditions that exclude each other.
    """
    for first, second in combinations(drafts, 2):
        if not _meet(first.rule, second.rule, topics):
            continue
        if clash := next(_clashes(first, second), None):
            moment = english.moment(clash.send, second.rule.trigger)
            yield RULE_CODES["L605"].at(clash.node, other=first.rule.name, moment=moment)


def _meet(one: Rule, other: Rule, topics: Mapping[str, Topic]) -> bool:
    """Return whether both rules can be about one fact of one reader."""
    fact = _fact(one.trigger)
    return (
        fact is not None
        and fact == _fact(other.trigger)
        and _same_events(one.trigger, other.trigger)
        and (one.to_role == other.to_role or not (one.to_role and other.to_role))
        and any(rule.topic in topics and topics[rule.topic].kind == "marketing" for rule in (one, other))
        and _hold_together(one, other)
    )


def _fact(trigger: Trigger) -> tuple[str, str] | None:
    """Return what the moments of a trigger are counted from; None where two rules never share it for sure."""
    if isinstance(trigger, EventTrigger):
        return "event", trigger.event
    if isinstance(trigger, DateTrigger):
        return "date", trigger.fact.path
    if isinstance(trigger, EveryTrigger):
        return "every", trigger.since.path
    if isinstance(trigger, SilentTrigger):
        return "silent", trigger.event or ""
    if isinstance(trigger, BecomesTrigger):
        return "becomes", repr(trigger.conditions)
    return ("back", "") if isinstance(trigger, BackTrigger) else None


def _same_events(one: Trigger, other: Trigger) -> bool:
    """Return whether the same event may start both; different properties are taken to be different events."""
    if not (isinstance(one, EventTrigger) and isinstance(other, EventTrigger)):
        return True
    return one.where == other.where or not (one.where and other.where)


def _hold_together(*rules: Rule) -> bool:
    conditions = [(rule.conditions, True) for rule in rules]
    return possible([*conditions, *(goal for rule in rules for goal in granted_by(rule).goals)])


def _clashes(first: Draft, second: Draft) -> Iterator[Fitted]:
    days = {moment.send.offset // DAY for moment in first.moments}
    return (moment for moment in second.moments if moment.send.offset // DAY in days)
