"""The outbox looked at: many messages in a line each, or one with all there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.app.messages.choosing import Chosen, where, whole_id
from engine.app.opened import App
from engine.db import reading
from engine.models.tables import customer, feedback, message, message_content

NAMES = ("send_id", "status", "reason", "rule", "template", "recipient_id", "due_at", "not_before", "status_at")


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


def listed(app: App, chosen: Chosen) -> tuple[Listed, ...]:
    """Return messages, the last changed first; raises UsageError for a status or an id that does not exist."""
    m = message.c
    address = sa.func.coalesce(message_content.c.recipient, customer.c.email)
    joined = message.outerjoin(customer, customer.c.id == m.recipient_id)
    joined = joined.outerjoin(message_content, message_content.c.send_id == m.send_id)
    query = sa.select(*(m[name] for name in NAMES), address.label("address")).select_from(joined)
    with reading(app.database) as connection:
        query = query.where(*where(connection, chosen)).order_by(m.status_at.desc(), m.send_id)
        rows = connection.execute(query.limit(chosen.limit)).mappings().all()
    return tuple(
        Listed(customer=row["recipient_id"], **{k: v for k, v in row.items() if k != "recipient_id"}) for row in rows
    )


def shown(app: App, send_id: str) -> Shown:
    """Return one message by its id or the beginning of it; raises UsageError where that names none or several."""
    with reading(app.database) as connection:
        id_ = whole_id(connection, send_id)
        row, content = _rows(connection, message, id_), _rows(connection, message_content, id_)
        said = _rows(connection, feedback, id_)
    return Shown(message=row[0], content=next(iter(content), None), feedback=said)


def _rows(connection: sa.Connection, table: sa.Table, send_id: str) -> tuple[Mapping[str, Any], ...]:
    rows = connection.execute(sa.select(table).where(table.c.send_id == send_id)).mappings()
    return tuple(dict(row) for row in rows)
