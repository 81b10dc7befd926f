"""Instants, and how far away they are, as people read them."""

from __future__ import annotations

from datetime import timedelta

from engine.clock import from_micros, span
from engine.rules.sql.calendars import zone_of

_UNITS = (("day", span(timedelta(days=1))), ("hour", span(timedelta(hours=1))), ("minute", span(timedelta(minutes=1))))


def instant(at: int, zone: str) -> str:
    """Return an instant in microseconds as a day and a minute in a zone, which is named."""
    return f"{from_micros(at).astimezone(zone_of(zone)):%Y-%m-%d %H:%M %Z}"


def away(at: int, now: int) -> str:
    """Return how far from now an instant lies, in its largest unit: `in 3 hours`, `12 days ago`."""
    for unit, size in _UNITS:
        count = abs(at - now) // size
        if count:
            return _side(f"{count} {unit}{'' if count == 1 else 's'}", ahead=at > now)
    return "now"


def days_away(days: int) -> str:
    """Return how far from today a calendar day lies."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or _side(f"{abs(days)} days", ahead=days > 0)


def _side(length: str, *, ahead: bool) -> str:
    return f"in {length}" if ahead else f"{length} ago"
