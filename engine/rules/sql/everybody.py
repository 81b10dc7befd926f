"""Times that are the same for everybody: which slots are asked for, and whether one has come for somebody."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from engine.clock import span, to_micros
from engine.rules.model import OnTrigger, Rule, ScheduleTrigger
from engine.rules.slots import is_slot, last_slot, slots_after, slots_between
from engine.rules.sql.calendars import day_number, strikes
from engine.rules.sql.stored import NEVER
from engine.rules.sql.windows import Window, local_time, parts

_ENDS_OF_TIME = (-62_135_596_800_000_000, 253_370_764_800_000_000)
"""The years 1 and 9999: what lies outside is no instant that a slot could fall on."""


def slots_text(rule: Rule, window: Window) -> str:
    """Return the slots of a window as a parameter; of a past without a beginning, its last slot stands for all."""
    trigger = rule.trigger
    assert isinstance(trigger, ScheduleTrigger)
    found: set[int | None] = set()
    for send, after, until in zip(rule.sends, window.after, window.until, strict=True):
        offset = span(send.offset)
        if until == NEVER:
            continue
        since = after
        if after == NEVER:
            since = until if window.live == NEVER else min(window.live, until)
            found.add(last_slot(trigger.cron, trigger.zone, since - offset))
        found.update(slots_between(trigger.cron, trigger.zone, since - offset, until - offset))
    return _text(slot for slot in found if slot is not None)


def named_slots_text(rule: Rule, facts: Iterable[str]) -> str:
    """Return those of the facts that keys name which are slots of the rule's schedule."""
    trigger = rule.trigger
    assert isinstance(trigger, ScheduleTrigger)
    numbers = {int(fact) for fact in facts if fact.isdecimal()}
    low, high = _ENDS_OF_TIME
    return _text(at for at in numbers if low < at < high and is_slot(trigger.cron, trigger.zone, at))


def _text(slots: Iterable[int]) -> str:
    return json.dumps([[slot] for slot in sorted(slots)])


def has_come(rule: Rule, zones: Iterable[str], since: int, now: int) -> bool:
    """Return whether a due time that no fact tells of lies in (since, now], in one of the zones."""
    trigger = rule.trigger
    if isinstance(trigger, ScheduleTrigger):
        offsets = (span(send.offset) for send in rule.sends)
        return any(slots_between(trigger.cron, trigger.zone, since - shift, now - shift) for shift in offsets)
    return any(since < due <= now for due in once_due(rule, zones))


def once_due(rule: Rule, zones: Iterable[str]) -> list[int]:
    """Return the due times of a day or a time, in each of the zones, in their order."""
    trigger = rule.trigger
    assert isinstance(trigger, OnTrigger)
    if isinstance(trigger.when, datetime):
        at = to_micros(trigger.when)
        return sorted(at + span(send.offset) for send in rule.sends)
    day, hour = day_number(trigger.when), local_time(rule)
    offsets = [parts(send) for send in rule.sends]
    return sorted({strikes(zone, day + days, hour) + rest for zone in zones for days, rest in offsets})


def coming(rule: Rule, zones: Iterable[str], now: int, count: int) -> list[int]:
    """Return the due times ahead of a rule that is everybody's, in their order; of a schedule the next so many."""
    trigger = rule.trigger
    if isinstance(trigger, ScheduleTrigger):
        offsets = [span(send.offset) for send in rule.sends]
        each = (islice(slots_after(trigger.cron, trigger.zone, now - shift), count) for shift in offsets)
        return sorted({slot + shift for slots, shift in zip(each, offsets, strict=True) for slot in slots})[:count]
    return [due for due in once_due(rule, zones) if due > now]
