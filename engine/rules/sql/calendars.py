"""Local calendars: at which instant a time of day strikes in a zone, and which day it is there.

Days are numbers counted from 1970-01-01, instants whole microseconds UTC. In a gap of the clock (spring) a time that
does not exist strikes at the gap's end, the first valid minute after; in a fold (autumn) it strikes once, the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.clock import from_micros, span, to_micros

DAY = span(timedelta(days=1))
MIDNIGHT = time()
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return how many days after 1970-01-01 a day lies."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day of a number."""
    return date.fromordinal(number + _EPOCH)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone, kept from then on."""
    return ZoneInfo(name)


@lru_cache(maxsize=262_144)
def strikes(zone: str, day: int, at: time) -> int:
    """Return the instant at which a time of day strikes on a day in a zone."""
    naive = datetime.combine(day_of(day), at)
    here = zone_of(zone)
    first = naive.replace(tzinfo=here).astimezone(UTC)
    if first.astimezone(here).replace(tzinfo=None) == naive:
        return to_micros(first)
    return _end_of_gap(naive, here)


def _end_of_gap(naive: datetime, zone: ZoneInfo) -> int:
    """Return the instant of the jump that leaves out a local time."""
    after = to_micros(naive.replace(tzinfo=zone).astimezone(UTC))
    before = to_micros(naive.replace(tzinfo=zone, fold=1).astimezone(UTC))
    shift = from_micros(after).astimezone(zone).utcoffset()
    while after - before > 1:
        middle = (after + before) // 2
        if from_micros(middle).astimezone(zone).utcoffset() == shift:
            after = middle
        else:
            before = middle
    return after


def today(zone: str, instant: int) -> int:
    """Return the number of the day that it is in a zone at an instant."""
    return day_number(from_micros(instant).astimezone(zone_of(zone)).date())


def days_struck(zones: Iterable[str], at: time, after: int, until: int) -> set[int]:
    """Return the days on which a time of day strikes in (after, until] in one of the zones."""
    return {
        day
        for zone in zones
        for day in range(today(zone, after) - 1, today(zone, until) + 2)
        if after < strikes(zone, day, at) <= until
    }


@dataclass(frozen=True, slots=True)
class Run:
    """A run of days in a zone on which a time of day strikes at `day * DAY + shift`."""

    zone: str
    first: int
    last: int
    shift: int


@lru_cache(maxsize=65_536)
def _year_runs(zone: str, year: int, at: time) -> tuple[Run, ...]:
    days = range(day_number(date(year, 1, 1)), day_number(date(year, 12, 31)) + 1)
    groups = groupby(days, key=lambda day: strikes(zone, day, at) - day * DAY)
    runs = [(shift, list(group)) for shift, group in groups]
    return tuple(Run(zone, group[0], group[-1], shift) for shift, group in runs)


def runs(zones: Iterable[str], at: time, first: int, last: int) -> Iterable[Run]:
    """Yield the runs of days that cover the days from `first` to `last` in each zone."""
    years = range(day_of(first).year, day_of(last).year + 1)
    for zone in zones:
        for year in years:
            yield from (run for run in _year_runs(zone, year, at) if run.first <= last and run.last >= first)


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A day on which dates of a certain month and day (`key` MM-DD, or DD for months) come round; `period` names it."""

    key: str
    period: str
    day: int


def anniversaries(every: str, first: int, last: int) -> Iterable[Anniversary]:
    """Yield what comes round from one day to another; in short years and months the last day stands for the missing."""
    for number in range(first, last + 1):
        day = day_of(number)
        period = f"{day.year:04d}" if every == "year" else f"{day.year:04d}-{day.month:02d}"
        for key in _keys(every, day):
            yield Anniversary(key, period, number)


def _keys(every: str, day: date) -> list[str]:
    ends_month = (day + timedelta(days=1)).month != day.month
    if every == "month":
        return [f"{number:02d}" for number in range(day.day, (31 if ends_month else day.day) + 1)]
    leap_day = ["02-29"] if ends_month and (day.month, day.day) == (2, 28) else []
    return [f"{day.month:02d}-{day.day:02d}", *leap_day]
