"""Lanes: `all` and one of each provider; a stopped lane carries no mail, and one in trouble says why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.db import Straight, insert_missing, reading, writing
from engine.models.tables import audit, lane

ALL = "all"
ENGINE = "engine"
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=1)
RESTORED = "the database was restored to an earlier state"
_TOLD = Straight(sa.select(lane).where(lane.c.reason.is_not(None) | lane.c.stopped_at.is_not(None)))


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A stream of sends; stopped while `stopped_at` is set, else `reason` is its last trouble, if any.

    At `retry_at` one message is tried; None where it starts again only when somebody says so.
    """

    name: str
    stopped_at: datetime | None
    retry_at: datetime | None
    reason: str | None
    by: str | None

    @property
    def sentence(self) -> str:
        """What to tell an operator."""
        if self.stopped_at is None:
            return f"{self.name}: {self.reason}"
        return f"{self.name} is stopped ({self.reason or 'no reason given'}, by {self.by or 'unknown'}); {self._after}"

    @property
    def _after(self) -> str:
        if self.reason == RESTORED:
            return "run `lifecycle db restored`, and it goes on"
        if self.retry_at is None:
            return "`lifecycle resume` goes on"
        return f"one mail is tried at {self.retry_at:%H:%M} UTC, `lifecycle resume` goes on at once"


def lanes(connection: sa.Connection) -> tuple[Lane, ...]:
    """Return the lanes that are stopped or in trouble."""
    return tuple(Lane(**row) for row in _TOLD.mappings(connection, {}))


def stopped(connection: sa.Connection, provider: str) -> Lane | None:
    """Return the lane that stops mail by this provider now, or None; one that waits for somebody comes first."""
    found = [each for each in lanes(connection) if each.stopped_at and each.name in {ALL, provider}]
    return min(found, key=lambda each: each.retry_at is not None, default=None)


def stop(connection: sa.Connection, name: str, *, reason: str, by: str, now: datetime) -> None:
    """Stop a lane within a transaction, until somebody lets it go on."""
    connection.execute(insert_missing(connection, lane), {"name": name})
    values = {"stopped_at": now, "retry_at": None, "reason": reason, "by": by}
    connection.execute(sa.update(lane).where(lane.c.name == name).values(**values))


def stop_for_a_while(connection: sa.Connection, name: str, *, reason: str, now: datetime) -> None:
    """Stop a lane because the provider found us at fault: it is tried after 5 minutes, then after doubling waits.

    One that waits for somebody stays as it is.
    """
    connection.execute(insert_missing(connection, lane), {"name": name})
    known = connection.execute(sa.select(lane).where(lane.c.name == name).with_for_update()).mappings().one()
    if known["stopped_at"] and known["retry_at"] is None:
        return
    since = known["stopped_at"] or now
    wait = min(max(now - since, FIRST_RETRY), LONGEST_RETRY)
    values = {"stopped_at": since, "retry_at": now + wait, "reason": reason, "by": ENGINE}
    connection.execute(sa.update(lane).where(lane.c.name == name).values(**values))


def take_trial(connection: sa.Connection, each: Lane, *, now: datetime) -> bool:
    """Say whether this claim is the one that tries a stopped lane with one message; only one worker is told so."""
    if each.retry_at is None or each.retry_at > now:
        return False
    mine = sa.and_(lane.c.name == each.name, lane.c.retry_at == each.retry_at)
    return connection.execute(sa.update(lane).where(mine).values(retry_at=now + FIRST_RETRY)).rowcount == 1


def give_trial_back(connection: sa.Connection, each: Lane) -> None:
    """Leave the trial to the next claim, because this one found nothing to try."""
    connection.execute(sa.update(lane).where(lane.c.name == each.name).values(retry_at=each.retry_at))


def start(
    connection: sa.Connection, names: Collection[str] | None = None, *, by: str, now: datetime
) -> tuple[str, ...]:
    """Let stopped lanes (None: all) go on, with a row in the audit; returns those that were stopped."""
    chosen = (
        lane.c.stopped_at.is_not(None) if names is None else lane.c.stopped_at.is_not(None) & lane.c.name.in_(names)
    )
    found = tuple(connection.scalars(sa.select(lane.c.name).where(chosen).order_by(lane.c.name)))
    if found:
        values = {"stopped_at": None, "retry_at": None, "reason": None, "by": by}
        connection.execute(sa.update(lane).where(chosen).values(**values))
        connection.execute(sa.insert(audit).values(at=now, actor=by, action="resume", detail={"lanes": list(found)}))
    return found


def trouble(engine: sa.Engine, name: str, sentence: str | None) -> None:
    """Keep a running lane's trouble for `status`, or forget it; nothing is written where nothing changes."""
    with reading(engine) as connection:
        known = connection.execute(sa.select(lane).where(lane.c.name == name)).mappings().one_or_none()
    if (known["reason"] if known else None) == sentence or (known and known["stopped_at"]):
        return
    with writing(engine) as connection:
        running = sa.and_(lane.c.name == name, lane.c.stopped_at.is_(None))
        connection.execute(insert_missing(connection, lane), {"name": name})
        connection.execute(sa.update(lane).where(running).values(reason=sentence, by=None))
