"""Landed events that wait to be understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.feedback import sendgrid, smtp
from engine.feedback.heard import Heard, Nothing
from engine.models.tables import provider_event

READERS: Mapping[str, Callable[[Mapping[str, Any]], Heard | Nothing]] = {"sendgrid": sendgrid.read, "smtp": smtp.read}


@dataclass(frozen=True, kw_only=True)
class Landed:
    """One landed event and what it says; `at` is when it happened, never later than it arrived."""

    event_id: str
    provider: str
    at: datetime
    says: Heard | Nothing


def look(connection: sa.Connection, limit: int) -> tuple[Landed, ...]:
    """Return what the oldest events that wait say; nothing is locked while somebody's mail is being parsed."""
    e = provider_event.c
    chosen = sa.select(e.event_id, e.provider, e.received_at, e.payload).where(e.processed_at.is_(None))
    rows = connection.execute(chosen.order_by(e.received_at, e.event_id).limit(limit)).all()
    return tuple(_landed(*row) for row in rows)


def take(connection: sa.Connection, seen: Sequence[Landed]) -> tuple[Landed, ...]:
    """Lock those of these events that still wait and that nobody else has locked, and return them."""
    e = provider_event.c
    mine = sa.select(e.event_id).where(e.event_id.in_([each.event_id for each in seen]), e.processed_at.is_(None))
    ids = set(connection.scalars(mine.order_by(e.received_at, e.event_id).with_for_update(skip_locked=True)))
    return tuple(each for each in seen if each.event_id in ids)


def _landed(event_id: str, provider: str, received_at: datetime, payload: Mapping[str, Any]) -> Landed:
    reader = READERS.get(provider)
    says = reader(payload) if reader else Nothing(outcome=f"unknown provider {provider}")
    at = says.at if isinstance(says, Heard) and says.at else received_at
    return Landed(event_id=event_id, provider=provider, at=min(at, received_at), says=says)


def done(connection: sa.Connection, outcomes: Mapping[str, str], *, now: datetime) -> None:
    """Write what was made of events, by their ids."""
    e = provider_event.c
    made: Sequence[Mapping[str, str]] = [{"_id": id_, "_outcome": outcomes[id_]} for id_ in sorted(outcomes)]
    values = {"processed_at": now, "outcome": sa.bindparam("_outcome")}
    if made:
        connection.execute(sa.update(provider_event).where(e.event_id == sa.bindparam("_id")).values(**values), made)
