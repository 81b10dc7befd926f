"""Lanes: `all` and one of each provider; a stopped lane carries no mail, and one in trouble says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import insert_missing, reading, writing
from engine.models.tables import lane

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A stream of sends; stopped while `stopped_at` is set, else `reason` is its last trouble, if any."""

    name: str
    stopped_at: datetime | None
    reason: str | None
    by: str | None

    @property
    def sentence(self) -> str:
        """What to tell an operator."""
        if self.stopped_at is None:
            return f"{self.name}: {self.reason}"
        resume = "`lifecycle resume`"
        return (
            f"{self.name} is stopped ({self.reason or 'no reason given'}, by {self.by or 'unknown'}); {resume} goes on"
        )


def lanes(connection: sa.Connection) -> tuple[Lane, ...]:
    """Return the lanes that are stopped or in trouble."""
    rows = connection.execute(sa.select(lane).where(lane.c.reason.is_not(None) | lane.c.stopped_at.is_not(None)))
    return tuple(Lane(**row) for row in rows.mappings())


def stopped(connection: sa.Connection, provider: str) -> Lane | None:
    """Return the lane that stops mail by this provider now, or None."""
    return next((each for each in lanes(connection) if each.stopped_at and each.name in {ALL, provider}), None)


def stop(connection: sa.Connection, name: str, *, reason: str, by: str, now: datetime) -> None:
    """Stop a lane within a transaction."""
    _set(connection, name, stopped_at=now, reason=reason, by=by)


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


def _set(connection: sa.Connection, name: str, **values: Any) -> None:  # noqa: ANN401 (columns of the table)
    connection.execute(insert_missing(connection, lane), {"name": name})
    connection.execute(sa.update(lane).where(lane.c.name == name).values(**values))
