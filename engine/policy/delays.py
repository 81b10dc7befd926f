"""Must a mail that may leave wait? Caps and quiet hours, asked of one mail of a recipient after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.policy.refusals import Expire


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The mail stays queued and is judged again then; `expires_at` is later where the wait does not count as late."""

    until: datetime
    reason: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most so many mails in any span of so long; `of` and `said` name it, `left` is when those left that count."""

    of: str
    said: str
    at_most: int
    within: timedelta
    left: tuple[datetime, ...] = ()

    @property
    def free_at(self) -> datetime | None:
        """When one more may leave: as enough of those that left are out of the span; None where it is not reached."""
        if len(self.left) < self.at_most:
            return None
        return sorted(self.left, reverse=True)[self.at_most - 1] + self.within


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Hours in which a reader is left alone, by instants; `of` and `said` name them."""

    of: str
    said: str
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Delay:
    """What is known of a mail that may leave: the `quiet` hours it is in, `closes_at` when it loses its sense."""

    now: datetime
    not_before: datetime
    expires_at: datetime
    closes_at: datetime | None = None
    caps: tuple[Cap, ...] = ()
    quiet: Quiet | None = None


def delay(asked: Delay) -> Wait | Expire | None:
    """Return why a mail must not leave yet, or no more; None when it may."""
    return next((verdict for each in DELAYS if (verdict := each(asked))), None)


def cap_reached(asked: Delay) -> Wait | Expire | None:
    """Where a cap is reached, mail waits until the oldest that counts is out of the span, or is too late by then."""
    full = [(free, cap) for cap in asked.caps if (free := cap.free_at) and free > asked.now]
    if not full:
        return None
    until, cap = max(full, key=lambda each: each[0])
    reason = f"cap of {cap.of} reached ({cap.said})"
    if until >= asked.expires_at:
        return Expire(reason=reason)
    return Wait(until=until, reason=reason, expires_at=asked.expires_at)


def quiet_hours(asked: Delay) -> Wait | Expire | None:
    """In quiet hours mail waits until they end, which does not make it late; but nothing outlasts its own date."""
    quiet = asked.quiet
    if quiet is None:
        return None
    if asked.closes_at is not None and quiet.until >= asked.closes_at:
        return Expire(reason=f"too late after the quiet hours of {quiet.of} ({quiet.said})")
    expires = asked.expires_at + (quiet.until - max(quiet.since, asked.not_before))
    return Wait(
        until=quiet.until,
        reason=f"quiet hours of {quiet.of} ({quiet.said})",
        expires_at=expires if asked.closes_at is None else min(expires, asked.closes_at),
    )


DELAYS: tuple[Callable[[Delay], Wait | Expire | None], ...] = (cap_reached, quiet_hours)
"""In this order; the first reason is the one that is told."""
