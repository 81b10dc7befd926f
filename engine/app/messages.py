"""The outbox as an operator asks for it: many messages in a line each, or one with all there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.app.opened import App
from engine.db import reading
from engine.errors import UsageError, did_you_mean
from engine.models.tables import customer, feedback, message, message_content
from engine.subjects import find_customer

STATUSES = ("queued", "sending", "sent", "failed", "in_doubt", "skipped", "expired", "cancelled")
SHORTEST = 6


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One message in a list; `address` is where it goes, as far as it is known."""

    send_id: str
    status: str
    reason: str | None
    rule: str
    template: str
    customer: str
    address: str | None
    due_at: datetime
    not_before: datetime
    status_at: datetime


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One message with its content (None until it is rendered) and what became of it after it was sent."""

    message: Mapping[str, Any]
    content: Mapping[str, Any] | None
    feedback: tuple[Mapping[str, Any], ...]


def listed(
    app: App, *, status: str | None = None, rule: str | None = None, person: str | None = None, limit: int = 50
) -> tuple[Listed, ...]:
    """Return messages, the last changed first; raises UsageError for a status that does not exist."""
    if status is not None and status not in STATUSES:
        hint = did_you_mean(status, STATUSES) or f"one of {', '.join(STATUSES)}"
        raise UsageError(f"there is no status {status}; {hint}")
    m = message.c
    names = (m.send_id, m.status, m.reason, m.rule, m.template, m.recipient_id, m.due_at, m.not_before, m.status_at)
    address = sa.func.coalesce(message_content.c.recipient, customer.c.email)
    joined = message.outerjoin(customer, customer.c.id == m.recipient_id)
    joined = joined.outerjoin(message_content, message_content.c.send_id == m.send_id)
    query = sa.select(*names, address.label("address")).select_from(joined)
    with reading(app.database) as connection:
        id_ = None if person is None else find_customer(connection, person)
        wanted = ((m.status, status), (m.rule, rule), (m.recipient_id, id_))
        query = query.where(*(column == value for column, value in wanted if value is not None))
        rows = connection.execute(query.order_by(m.status_at.desc(), m.send_id).limit(limit)).mappings().all()
    return tuple(
        Listed(customer=row["recipient_id"], **{k: v for k, v in row.items() if k != "recipient_id"}) for row in rows
    )


def shown(app: App, send_id: str) -> Shown:
    """Return one message by its id or the beginning of it; raises UsageError where that names none or several."""
    with reading(app.database) as connection:
        row = _one(connection, send_id)
        content = _rows(connection, message_content, row["send_id"])
        return Shown(
            message=row, content=next(iter(content), None), feedback=_rows(connection, feedback, row["send_id"])
        )


def _one(connection: sa.Connection, send_id: str) -> Mapping[str, Any]:
    if len(send_id) < SHORTEST:
        raise UsageError(f"{send_id!r} is too short for the id of a message; give at least {SHORTEST} characters")
    beginning = message.c.send_id.startswith(send_id.lower(), autoescape=True)
    found = connection.execute(sa.select(message).where(beginning).limit(2)).mappings().all()
    if len(found) == 1:
        return dict(found[0])
    which = "several messages begin" if found else "no message begins"
    raise UsageError(f"{which} with {send_id}; `lifecycle outbox list` shows their ids")


def _rows(connection: sa.Connection, table: sa.Table, send_id: str) -> tuple[Mapping[str, Any], ...]:
    rows = connection.execute(sa.select(table).where(table.c.send_id == send_id)).mappings()
    return tuple(dict(row) for row in rows)
