"""Instants and durations as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pytimeparse.timeparse import timeparse

from engine.clock import MICROSECOND
from engine.errors import UsageError

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(days=3660)


def instant(text: str, zone: str) -> datetime:
    """Return an ISO date or date and time as an instant; without an offset it is the zone's. Raises UsageError."""
    try:
        given = datetime.fromisoformat(text.strip())
        local = given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"`{text}` is not a date or a date and time; write 2026-12-24 or 2026-12-24T09:00") from None


def last_instant(text: str, zone: str) -> datetime:
    """Return an ISO date and time as an instant, of a date the last instant of that day. Raises UsageError."""
    begins = instant(text, zone)
    try:
        day = date.fromisoformat(text.strip())
        following = datetime.combine(day + DAY, time(), ZoneInfo(zone))
    except (ValueError, OverflowError):
        return begins
    return following.astimezone(UTC) - MICROSECOND


def step(text: str) -> timedelta:
    """Return a duration of a minute or more; raises UsageError for anything else."""
    seconds = timeparse(text) if not text.strip().isdigit() else None
    if seconds is None or not MINUTE <= timedelta(seconds=seconds) <= LONGEST:
        raise UsageError(f"`{text}` is not a step of a minute or more; write 1d, 6 hours or 30m")
    return timedelta(seconds=seconds)


def later(text: str, start: datetime, zone: str) -> datetime:
    """Return the end that a duration after `start`, or a date, names; raises UsageError where it is not later."""
    seconds = timeparse(text) if not text.strip().isdigit() else None
    until = start + timedelta(seconds=seconds) if seconds is not None else _date(text, zone)
    if until < start:
        raise UsageError(f"`{text}` lies before the start, {start:%Y-%m-%d %H:%M} UTC; name a later one")
    if until - start > LONGEST:
        raise UsageError(f"`{text}` is more than ten years ahead; name a shorter time")
    return until


def _date(text: str, zone: str) -> datetime:
    try:
        return instant(text, zone)
    except UsageError:
        raise UsageError(f"`{text}` is neither a duration nor a date; write 7d, 36 hours or 2026-12-24") from None
