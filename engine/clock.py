"""The one place where time is read; everything else is given `now`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells what time it is."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 (this is the one place)


@dataclass
class SetClock:
    """A clock that stands still until it is set: for simulations and tests."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant the clock was last set to."""
        return self.at


def is_set(clock: Clock) -> bool:
    """Say whether a clock is set by hand: then no other one is asked, not even a database's."""
    return isinstance(clock, SetClock)


def monotonic() -> float:
    """Return seconds on a clock that never goes back: for leases, rates and durations."""
    return time.monotonic()


def rest(seconds: float) -> None:
    """Stand still for a moment, so that others get their turn."""
    time.sleep(seconds)


def to_micros(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970-01-01 UTC, exactly."""
    return (at - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant of a count of microseconds since 1970-01-01 UTC."""
    return EPOCH + micros * MICROSECOND


def span(duration: timedelta) -> int:
    """Return a duration in whole microseconds, exactly."""
    return duration // MICROSECOND
