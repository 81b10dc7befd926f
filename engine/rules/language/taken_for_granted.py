"""What a trigger makes sure of before any condition is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.facts import BUILT_IN
from engine.rules.language.durations import english_duration
from engine.rules.language.possible import Goal
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Rule,
    Send,
    SilentTrigger,
)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Conditions that hold whenever a moment is judged, and what to say of one that contradicts them."""

    goals: tuple[Goal, ...] = ()
    why: str = ""


NOTHING = Granted()


def granted_by(rule: Rule) -> Granted:
    """Return what holds at every moment of a rule."""
    trigger = rule.trigger
    if isinstance(trigger, DateTrigger | EveryTrigger):
        known = FactTest(fact=rule.date_fact, operator="has")
        return Granted(goals=((known, True),), why="the trigger needs this fact")
    if isinstance(trigger, EventTrigger):
        happened = DidTest(event=trigger.event, where=trigger.where)
        return Granted(goals=((happened, True),), why="the trigger is this event")
    if isinstance(trigger, SilentTrigger):
        return _silence(trigger, rule.sends)
    if isinstance(trigger, BecomesTrigger):
        return Granted(goals=((trigger.conditions, True),), why="the trigger decides it")
    if isinstance(trigger, BackTrigger):
        return Granted(goals=((DidTest(event=None, at_least=2), True),), why="the trigger is a return")
    return NOTHING


def _silence(trigger: SilentTrigger, sends: Sequence[Send]) -> Granted:
    """Return that nothing happened in the shortest silence that is written about, and that something did before."""
    shortest = min(send.offset for send in sends)
    lately = DidTest(event=trigger.event, within=shortest)
    seen = FactTest(fact=BUILT_IN["customer.last_seen_at"], operator="within last", operands=(shortest,))
    unseen = () if trigger.event else ((seen, False),)
    ever = () if trigger.or_since else ((DidTest(event=trigger.event), True),)
    why = f"the trigger is {english_duration(shortest)} without {trigger.event or 'any event'}"
    return Granted(goals=((lately, False), *unseen, *ever), why=why)
