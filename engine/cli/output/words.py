"""Instants, spans and counts in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def when(at: datetime | None, zone: str) -> str:
    """Return an instant as a day and a minute in a zone."""
    from zoneinfo import ZoneInfo

    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def day_time(at: datetime, zone: str) -> str:
    """Return an instant as a weekday, a day and a minute in a zone, such as `Tue 1 Dec 09:00`."""
    from zoneinfo import ZoneInfo

    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """Return how long before `now` an instant was, in its largest unit."""
    seconds = int((now - at).total_seconds())
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= size), (1, "second"))
    return f"{plural(max(0, seconds) // size, unit)} ago"


def plural(count: int, noun: str, several: str = "") -> str:
    """Return a count with its noun: 1 rule, 2 rules."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def names(of: Iterable[str], most: int | None) -> str:
    """Return names in their order: the first few, and how many more; None for all."""
    every = list(of)
    more = len(every) - len(every[:most])
    return ", ".join(every[:most]) + (f" and {more:,} more" if more else "")


def scope(of: str) -> str:
    """Return in words what a suppression or a consent is about: a topic, all marketing or all mail."""
    return {"*": "all mail", "*marketing": "all marketing"}.get(of, of)
