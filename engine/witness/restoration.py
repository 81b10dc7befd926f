"""Restorations: spans of time of which the database has lost what it knew, because somebody put back a backup."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.models.tables import audit, message, restoration, witness


@dataclass(frozen=True, kw_only=True)
class Span:
    """From the newest instant that the backup knew until the restoration was declared."""

    from_at: datetime
    until_at: datetime


def spans(connection: sa.Connection) -> tuple[Span, ...]:
    """Return all spans that were declared lost."""
    chosen = sa.select(restoration.c.from_at, restoration.c.until_at).order_by(restoration.c.until_at)
    return tuple(Span(**row) for row in connection.execute(chosen).mappings())


def declare(connection: sa.Connection, span: Span, *, by: str) -> None:
    """Say that the database has lost what it knew of a span, with a row in the audit."""
    row = {"id": uuid.uuid4().hex, "from_at": span.from_at, "until_at": span.until_at, "actor": by}
    connection.execute(sa.insert(restoration).values(**row))
    detail = {"from": span.from_at.isoformat(), "until": span.until_at.isoformat()}
    connection.execute(sa.insert(audit).values(at=span.until_at, actor=by, action="db restored", detail=detail))


def last_known(connection: sa.Connection) -> datetime | None:
    """Return when the database last knew of a claim; None where it knows of none."""
    found = [
        connection.scalar(sa.select(sa.func.max(witness.c.seen_at))),
        connection.scalar(sa.select(sa.func.max(message.c.first_intent_at))),
    ]
    return max((each for each in found if each), default=None)
