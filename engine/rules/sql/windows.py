"""The parameters of a rule's statements: which moments are asked for, and what calendars say about that time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

from engine.clock import span
from engine.rules.model import DEFAULT_AT, EveryTrigger, Rule, Send
from engine.rules.sql.calendars import (
    DAY,
    MIDNIGHT,
    anniversaries,
    day_number,
    day_of,
    days_struck,
    runs,
    today,
)
from engine.rules.sql.stored import NEVER

EPOCH_DAY = 0
Days = tuple[int, int]
"""The first and the last of some days."""
_UNITS = (("d", DAY), ("h", DAY // 24), ("m", DAY // 1440), ("s", 1_000_000), ("us", 1))


@lru_cache(maxsize=1024)
def offset_code(offset: timedelta) -> str:
    """Return how keys write an offset, `-30d` or `+90m`: the same however the rule words it."""
    micros = span(offset)
    unit, size = next((unit, size) for unit, size in _UNITS if micros % size == 0)
    return f"{'-' if micros < 0 else '+'}{abs(micros) // size}{unit}"


def parts(send: Send) -> tuple[int, int]:
    """Return the whole days of an offset, towards the fact, and the microseconds left."""
    return split_offset(span(send.offset))


def split_offset(micros: int) -> tuple[int, int]:
    """Return the whole days of so many microseconds, towards zero, and the microseconds left."""
    days = abs(micros) // DAY * (-1 if micros < 0 else 1)
    return days, micros - days * DAY


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which moments are asked for: per offset those with a time in (after, until]; `late` is L, `oldest` a day.

    `held` is how long the rule was held: nothing is too late by that.
    `after` may be NEVER; then nothing before the day `oldest` is looked for in calendars. `live` is when the rule went
    live, where its past is asked for, too.
    """

    now: int
    after: tuple[int, ...]
    until: tuple[int, ...]
    late: int
    oldest: int = EPOCH_DAY
    held: int = 0
    live: int = NEVER

    @property
    def days(self) -> Days:
        """The days, in any zone, on which a due time of this window may lie."""
        first = max((min(self.after) - self.late) // DAY - 2, self.oldest - 2)
        return first, max(max(self.until) // DAY + 2, first)


def send_rows(rule: Rule, window: Window) -> list[dict[str, int | str]]:
    """Return the offsets with their bounds, the latest first: what it decides of a fact the others must know."""
    first, last = window.days
    rows: list[dict[str, int | str]] = []
    for send, after, until in zip(rule.sends, window.after, window.until, strict=True):
        days, rest = parts(send)
        row: dict[str, int | str] = {"offset": span(send.offset), "days": days, "rest": rest}
        row |= {"code": offset_code(send.offset), "label": send.label}
        row |= {"after": after, "until": until, "due_after": max(after - window.late, NEVER)}
        row |= {"first_day": day_of(first - days - 1).isoformat(), "last_day": day_of(last - days + 1).isoformat()}
        rows.append(row)
    return sorted(rows, key=lambda row: row["offset"], reverse=True)


def sends_text(rule: Rule, window: Window) -> str:
    """Return the offsets with their bounds, as the parameter `sends`."""
    return json.dumps([list(row.values()) for row in send_rows(rule, window)])


def stands_text(rule: Rule, stands_for: Mapping[str, Iterable[int]]) -> str:
    """Return which offsets of the ledger count for which of the rule: itself, and those it replaced."""
    offsets = {span(send.offset): stands_for.get(offset_code(send.offset), ()) for send in rule.sends}
    return json.dumps({str(own): [[old] for old in (own, *replaced)] for own, replaced in offsets.items()})


def local_time(rule: Rule) -> time:
    """Return the time of day at which calendar days fall due."""
    return rule.at or DEFAULT_AT


def due_runs(rule: Rule, days: Days, zones: tuple[str, ...], offsets: Iterable[int], *, begins: bool) -> str:
    """Return, by offset and zone, between which dates a moment falls due at which time of some days.

    Times are counted from the first instant, in UTC, of the date itself; with `begins` also that at which it begins.
    """
    each = {str(offset): _runs_text(zones, local_time(rule), days, offset, begins) for offset in offsets}
    return f"{{{', '.join(f'{json.dumps(offset)}: {text}' for offset, text in each.items())}}}"


@lru_cache(maxsize=256)
def _runs_text(zones: tuple[str, ...], at: time, days: Days, offset: int, begins: bool) -> str:  # noqa: FBT001 (cached)
    """Return the runs of one offset; kept, because they are the same all day long."""
    return json.dumps({zone: list(_runs(zone, at, days, offset, begins=begins)) for zone in zones})


def _runs(zone: str, at: time, days: Days, offset: int, *, begins: bool) -> Iterator[tuple[str, str, int, int]]:
    away, rest = split_offset(offset)
    for run in runs([zone], at, *days):
        first, last, shift = run.first - away, run.last - away, run.shift + away * DAY + rest
        if not begins:
            yield _date(first), _date(last), shift, 0
            continue
        for day in runs([zone], MIDNIGHT, _inside(first), _inside(last)):
            yield _date(max(first, day.first)), _date(min(last, day.last)), shift, day.shift


def _date(number: int) -> str:
    return day_of(_inside(number)).isoformat()


def _inside(number: int) -> int:
    """Return the nearest day that calendars know."""
    return min(max(number, day_number(date.min)), day_number(date.max))


def rounds(rule: Rule, days: Days, offsets: Iterable[int]) -> str:
    """Return the anniversaries whose moments at some offsets may fall due on the days."""
    assert isinstance(rule.trigger, EveryTrigger)
    first, last = days
    shifts = tuple((offset, split_offset(offset)[0]) for offset in sorted(offsets))
    return _rounds_text(rule.trigger.period, shifts, first, last)


@lru_cache(maxsize=256)
def _rounds_text(every: str, offsets: tuple[tuple[int, int], ...], first: int, last: int) -> str:
    found: dict[str, dict[str, list[tuple[str, int, str]]]] = {}
    for offset, days in offsets:
        keys = found.setdefault(str(offset), {})
        for come in anniversaries(every, first - days - 1, last - days + 1):
            keys.setdefault(come.key, []).append((come.period, come.day, day_of(come.day).isoformat()))
    return json.dumps(found)


@lru_cache(maxsize=64)
def today_text(zones: tuple[str, ...], now: int) -> str:
    """Return which day it is in each zone, as a JSON object."""
    return json.dumps({zone: today(zone, now) for zone in zones})


@lru_cache(maxsize=256)
def struck_days(zones: tuple[str, ...], at: time, since: int, now: int) -> frozenset[int]:
    """Return the days on which a time of day strikes in (since, now] in one of the zones."""
    return frozenset(days_struck(zones, at, since, now))


def due_days_text(rule: Rule, zones: tuple[str, ...], since: int, now: int) -> str:
    """Return the dates of which a moment falls due in (since, now] in one of the zones."""
    return json.dumps([day_of(day).isoformat() for day in _due_days(rule, zones, since, now)])


def due_keys_text(rule: Rule, zones: tuple[str, ...], since: int, now: int) -> str:
    """Return the month-days (or days of the month) of which an anniversary falls due in (since, now]."""
    assert isinstance(rule.trigger, EveryTrigger)
    days = _due_days(rule, zones, since, now)
    return json.dumps(sorted({come.key for day in days for come in anniversaries(rule.trigger.period, day, day)}))


def _due_days(rule: Rule, zones: tuple[str, ...], since: int, now: int) -> list[int]:
    found = set()
    for send in rule.sends:
        days, rest = parts(send)
        found |= {day - days for day in struck_days(zones, local_time(rule), since - rest, now - rest)}
    return sorted(found)


def since_days_text(rule: Rule, since: int, now: int) -> str:
    """Return the days, taken as their first instant in UTC, that reach an offset in (since, now]."""
    reached: set[int] = set()
    for send in rule.sends:
        offset = span(send.offset)
        reached.update(range((since - offset) // DAY + 1, (now - offset) // DAY + 1))
    return json.dumps([day_of(day).isoformat() for day in sorted(reached)])


@lru_cache(maxsize=256)
def turned_days(zones: tuple[str, ...], since: int, now: int) -> frozenset[int]:
    """Return the days that became today in (since, now] in one of the zones."""
    return frozenset(day for zone in zones for day in range(today(zone, since) + 1, today(zone, now) + 1))


def day_list_text(shifts: tuple[int, ...], zones: tuple[str, ...], since: int, now: int) -> str:
    """Return the days that lie `shifts` before those that became today."""
    turned = turned_days(zones, since, now)
    return json.dumps([day_of(day - shift).isoformat() for shift in shifts for day in sorted(turned)])


def offset_micros(code: str) -> int:
    """Return the offset of a code in microseconds."""
    unit, size = next((unit, size) for unit, size in reversed(_UNITS) if code.endswith(unit))
    return int(code.removesuffix(unit)) * size
