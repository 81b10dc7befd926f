"""The calendar as the oracle knows it: anniversaries, and when a time of day strikes."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oracle.world import DAY

LAST_YEAR = 2027


def utc_day(day: date) -> int:
    """Return the first instant of a day in UTC."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY


def anniversaries(period: str, day: date) -> Iterator[tuple[str, date]]:
    """Yield the anniversaries of a day, each with its name."""
    for year in range(day.year, LAST_YEAR + 1):
        for month in range(1, 13) if period == "month" else [day.month]:
            if (year, month) > (day.year, day.month):
                on = date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
                yield (f"{year}" if period == "year" else f"{year}-{month:02d}"), on


def strikes(zone: str, day: date, at: time) -> int:
    """Return when a time of day strikes; where the clock leaps over it, the instant of the leap."""
    here = ZoneInfo(zone)
    naive = datetime.combine(day, at)
    instant = naive.replace(tzinfo=here).astimezone(UTC)
    if instant.astimezone(here).replace(tzinfo=None) == naive:
        return round(instant.timestamp() * 1_000_000)
    probe = naive.replace(tzinfo=here, fold=1).astimezone(UTC)
    while probe.astimezone(here).replace(tzinfo=None) < naive:
        probe += timedelta(minutes=1)
    return round(probe.timestamp() * 1_000_000)
