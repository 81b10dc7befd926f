"""The whole question, asked again before a mail leaves: is it still the fact's current one, and do conditions hold?"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from engine.clock import span, to_micros
from engine.models.tables import enrollment, rule_state
from engine.rules import english
from engine.rules.compiler import Program, zones_in_use
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    OnTrigger,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
)
from engine.rules.sql.calendars import day_number
from engine.rules.sql.judgement import parts_of
from engine.rules.sql.windows import Days, offset_code, offset_micros, split_offset

Item = tuple[str, str]
"""A subject's id and an occurrence."""
FACT_CHANGED = "fact changed"
NO_LONGER = "conditions no longer hold"
_LENGTHS = {len("2026"): 365, len("2026-03"): 30, len("2026-03-31"): 0}
_CHANGES = {
    EventTrigger: "the event is gone",
    DateTrigger: "the date is another",
    EveryTrigger: "the date is another",
    SilentTrigger: "the silence has ended",
    BackTrigger: "the return is gone",
    BecomesTrigger: "no longer so",
    ScheduleTrigger: "the schedule is another",
    OnTrigger: "the date is another",
}


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """An item taken apart: the name of its fact, and the offset in microseconds that it is asked at."""

    item: Item
    fact: str
    offset: int


def recheck(
    connection: sa.Connection, program: Program, items: Collection[Item], now: datetime
) -> Mapping[Item, str | None]:
    """Return, for each subject and occurrence, why its mail must not leave any more, or None.

    The date must still be the same, the silence unbroken, the event there, and every condition must hold at `now`. An
    offset that the rule no longer has is asked at the one that stands for it.
    """
    asked = _succeeded(connection, program.rule, [each for each in map(_taken_apart, items) if each is not None])
    changed = f"{FACT_CHANGED}: {_CHANGES[type(program.rule.trigger)]}"
    answers: dict[Item, str | None] = dict.fromkeys(items, changed)
    days = _days(program, asked)
    if not asked or days is None:
        return answers
    at, zones = to_micros(now), zones_in_use(connection, program.zone) if program.asks_zones else ()
    given = {
        "now": at,
        "items": _items_text(asked),
        **program.item_parameters(_facts(asked), days, now=at, zones=zones, offsets={each.offset for each in asked}),
    }
    days_then = _days_then(connection, program, asked)
    for row in program.run("recheck", connection, given):
        item = asked[row.item].item
        if days_then.get(item, row.began) == row.began:
            answers[item] = _reason(program, row[2:])
    return answers


def _taken_apart(item: Item) -> _Asked | None:
    """Return the parts of an occurrence, `fact/offset`; None where it is not one that rules make."""
    fact, _, code = item[1].rpartition("/")
    try:
        return _Asked(item=item, fact=fact, offset=offset_micros(code))
    except (ValueError, StopIteration):
        return None


def _succeeded(connection: sa.Connection, rule: Rule, asked: list[_Asked]) -> list[_Asked]:
    own = {span(send.offset) for send in rule.sends}
    if all(each.offset in own for each in asked):
        return asked
    by = successors(connection, rule)
    return [replace(each, offset=by.get(each.offset, each.offset)) for each in asked]


def successors(connection: sa.Connection, rule: Rule) -> Mapping[int, int]:
    """Return, in microseconds, the offset that stands for each one that the rule had before and has no more."""
    chosen = sa.select(rule_state.c.stands_for).where(rule_state.c.rule == rule.name)
    stands_for = connection.execute(chosen).scalar_one_or_none() or {}
    own = {offset_code(send.offset): span(send.offset) for send in rule.sends}
    made = {old: own[code] for code, replaced in stands_for.items() if code in own for old in replaced}
    return {old: new for old, new in made.items() if old not in own.values()}


def _items_text(asked: Collection[_Asked]) -> str:
    rows = [
        [number, each.item[0], each.fact, each.offset, *split_offset(each.offset)] for number, each in enumerate(asked)
    ]
    return json.dumps(rows)


def _facts(asked: Collection[_Asked]) -> set[str]:
    return {each.fact for each in asked}


def _days(program: Program, asked: Collection[_Asked]) -> Days | None:
    """Return the days on which the items fall due where calendars matter; None where none of them names a day."""
    if not program.on_days:
        return (0, 0)
    found = [span for each in asked if (span := _named(each.fact, split_offset(each.offset)[0])) is not None]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def _named(fact: str, days: int) -> Days | None:
    """Return the days that a date, a month or a year names, so many days later."""
    if len(fact) not in _LENGTHS:
        return None
    try:
        first = day_number(date.fromisoformat(fact + "-01-01"[len(fact) - 4 :]))
    except ValueError:
        return None
    return first + days, first + days + _LENGTHS[len(fact)]


def _days_then(connection: sa.Connection, program: Program, asked: Collection[_Asked]) -> Mapping[Item, int]:
    """Return, of anniversaries, the day that was the anniversary when it was decided: keys name the year alone."""
    if not isinstance(program.rule.trigger, EveryTrigger):
        return {}
    row = enrollment.c
    mine = sa.and_(
        row.subject_type == program.rule.subject,
        row.rule == program.rule.name,
        row.subject_id.in_({each.item[0] for each in asked}),
    )
    found = connection.execute(sa.select(row.subject_id, row.occurrence, row.since_at).where(mine))
    return {(subject_id, occurrence): to_micros(day) for subject_id, occurrence, day in found if day is not None}


def _reason(program: Program, holds: Collection[bool]) -> str | None:
    """Return the first part of the conditions that does not hold, in words."""
    parts = zip(parts_of(program.rule), holds, strict=True)
    return next((f"{NO_LONGER}: {english.condition(part)}" for part, held in parts if not held), None)
