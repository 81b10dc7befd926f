"""Schedules as the oracle reads them: every day and time of day tried against the five fields, one by one."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from oracle.almanac import strikes

WORDS = {word.upper(): number for number, word in enumerate(calendar.month_abbr) if word}
DAYS = {word: number for number, word in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}


def fits(field: str, value: int, words: dict[str, int]) -> bool:
    """Return whether a value is one of those that a field names; only of `*`, lists, ranges and steps."""
    return any(_fits(part, value, words) for part in field.split(","))


def _fits(part: str, value: int, words: dict[str, int]) -> bool:
    span, _, step = part.partition("/")
    if span == "*":
        return value % int(step or 1) == 0
    low, _, high = span.partition("-")
    first, last = (words.get(end) if end in words else int(end) for end in (low, high or low))
    assert first is not None
    assert last is not None
    return first <= value <= last


def comes_on(cron: str, day: date) -> bool:
    """Return whether a schedule comes on a day: where both are restricted, on either."""
    _, _, of_month, month, weekday = cron.split()
    if not fits(month, day.month, WORDS):
        return False
    found = [fits(of_month, day.day, {}), fits(weekday, day.isoweekday() % 7, DAYS)]
    return all(found) if "*" in {of_month[0], weekday[0]} else any(found)


@lru_cache(maxsize=1024)
def slots(cron: str, zone: str, around: int) -> tuple[int, ...]:
    """Return the slots of the days around an instant: those of a history that begins then, and of weeks before it."""
    day = datetime.fromtimestamp(around / 1e6, UTC).date()
    return tuple(sorted(set(_slots(cron, zone, day - timedelta(days=40), day + timedelta(days=90)))))


def _slots(cron: str, zone: str, first: date, last: date) -> Iterator[int]:
    minute, hour, *_ = cron.split()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for hours in range(24) if comes_on(cron, day) else ():
            for minutes in range(60):
                if fits(hour, hours, {}) and fits(minute, minutes, {}):
                    yield strikes(zone, day, time(hours, minutes))
