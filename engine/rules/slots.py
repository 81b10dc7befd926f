"""Slots of schedules: at which instants a cron expression of five fields comes round by the clock of a zone.

The expression is asked for days and times of day alone; when such a time strikes is for `calendars` to say. So in a
gap of the clock a slot falls on the first valid minute after it, in a fold it falls once, the first time, and slots
that come to the same instant are one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import MAXYEAR, datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from engine.clock import from_micros
from engine.rules.sql.calendars import day_number, strikes, zone_of

FIELDS = ("minute", "hour", "day of the month", "month", "weekday")
_BAD = {
    "Bad minute": "minutes are 0 to 59",
    "Bad hour": "hours are 0 to 23",
    "Bad day-of-month": "days of the month are 1 to 31, of a month that has them, or `L` for its last",
    "Bad month": "months are 1 to 12 or `jan` to `dec`",
    "Bad day-of-week": "weekdays are `mon` to `sun`, or 0 to 7 from Sunday",
}
_SOME_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001 (cron knows no zones)


class BadCronError(ValueError):
    """A text is no schedule; the message says why."""


def read_cron(text: str) -> str:
    """Return a cron expression as it is kept, however it was spaced and spelt; raises BadCronError."""
    fields = text.upper().split()
    if len(fields) != len(FIELDS):
        raise BadCronError(f"it has {len(fields)} fields, not five: {', '.join(FIELDS)}")
    expression = " ".join(fields)
    try:
        parsed = CronSim(expression, _SOME_YEAR)
    except CronSimError as error:
        raise BadCronError(_BAD.get(str(error), str(error))) from None
    if len(parsed.minutes) > 1:
        raise BadCronError("it comes more often than once an hour")
    if next(parsed, None) is None:
        raise BadCronError("no year has such a day")
    return expression


def on_either_day(cron: str) -> bool:
    """Return whether an expression names days of the month and weekdays: it falls on each day that is one of them."""
    fields = cron.split()
    return not (fields[2].startswith("*") or fields[4].startswith("*"))


def cron_words(cron: str) -> str:
    """Return a cron expression in English, such as `at 09:00 on Monday`."""
    words = str(CronSim(cron, _SOME_YEAR).explain())
    return words[:1].lower() + words[1:]


def slots_between(cron: str, zone: str, after: int, until: int) -> list[int]:
    """Return the slots in (after, until], in microseconds, in their order."""
    years = range(_year(zone, after), _year(zone, until) + 1)
    return [slot for year in years for slot in _of_year(cron, zone, year) if after < slot <= until]


def last_slot(cron: str, zone: str, until: int) -> int | None:
    """Return the last slot at or before an instant; None where none lies in the fifty years before."""
    return next(_backward(cron, zone, until), None)


def slots_after(cron: str, zone: str, after: int) -> Iterator[int]:
    """Yield the slots after an instant, up to fifty years ahead."""
    first = _year(zone, after)
    for year in range(first, min(first + _YEARS, MAXYEAR)):
        slots = _of_year(cron, zone, year)
        yield from slots[bisect_right(slots, after) :]


def is_slot(cron: str, zone: str, instant: int) -> bool:
    """Return whether a slot falls on an instant."""
    return instant in _of_year(cron, zone, _year(zone, instant))


_YEARS = 50


def _backward(cron: str, zone: str, until: int) -> Iterator[int]:
    last = _year(zone, until)
    for year in range(last, max(last - _YEARS, 1), -1):
        yield from (slot for slot in reversed(_of_year(cron, zone, year)) if slot <= until)


def _year(zone: str, instant: int) -> int:
    return from_micros(instant).astimezone(zone_of(zone)).year


@lru_cache(maxsize=512)
def _of_year(cron: str, zone: str, year: int) -> tuple[int, ...]:
    """Return the slots of a year of the zone's calendar."""
    return tuple(sorted({strikes(zone, day_number(at.date()), at.time()) for at in _named(cron, year)}))


def _named(cron: str, year: int) -> Iterator[datetime]:
    """Yield the days and times of day that an expression names in a year."""
    for at in CronSim(cron, datetime(year - 1, 12, 31, 23, 59)):  # noqa: DTZ001 (as above)
        if at.year > year:
            return
        yield at
