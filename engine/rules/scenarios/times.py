"""When the clock of a test begins and stops, where the file does not say it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.rules.model import Rule
from engine.rules.scenarios.model import Change, Expected, Happening, Never

DAY = timedelta(days=1)
Line = Happening | Change | Expected | Never


def begins(lines: Iterable[Line], zone: str) -> datetime | None:
    """Return the midnight that begins the day before the first time a test names; None where it names none."""
    times = [at for line in lines for at in _times(line)]
    return _midnight(min(times) - DAY, zone) if times else None


def ends(lines: Iterable[Line], start: datetime, rules: Iterable[Rule], zone: str) -> datetime:
    """Return the end of the day after the last time, or after what happens has had the longest offset of the rules."""
    longest = max((send.offset for rule in rules for send in rule.sends), default=timedelta())
    later = max(longest, timedelta())
    times = [at + later if isinstance(line, Happening | Change) else at for line in lines for at in _times(line)]
    return _midnight(max([*times, start]) + 2 * DAY, zone)


def _times(line: Line) -> list[datetime]:
    if isinstance(line, Happening):
        return [*line.at, *([line.arrives] if line.arrives else [])]
    if isinstance(line, Never):
        return [at for at in (line.since, line.until) if at]
    return [line.at]


def _midnight(at: datetime, zone: str) -> datetime:
    day = at.astimezone(ZoneInfo(zone)).date()
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
