"""What the stages did in a simulated stretch of time, read from the tables they wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.models.tables import account, customer, enrollment, message, message_content

SENT, WAITING = "sent", "queued"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message of the simulated time: `at` is when it left, or when it was decided that it does not."""

    send_id: str
    rule: str
    moment: str
    template: str
    subject_type: str
    subject_id: str
    occurrence: str
    customer_id: str
    name: str
    address: str
    account: str
    at: datetime
    due_at: datetime
    status: str
    reason: str
    subject: str
    language: str


def mails(connection: sa.Connection, *, since: datetime) -> tuple[Mail, ...]:
    """Return every message that moved at or after `since`, in the order of time."""
    chosen = _MAILS.where(message.c.status_at >= since).order_by(message.c.status_at, message.c.rule, message.c.send_id)
    return tuple(_mail(row) for row in connection.execute(chosen).mappings())


_ENROLLED = sa.and_(
    *(enrollment.c[name] == message.c[name] for name in ("subject_type", "subject_id", "rule", "occurrence", "step"))
)
_ACCOUNT_ID = sa.case((message.c.subject_type == "account", message.c.subject_id), else_=customer.c.account_id)
_MAILS = (
    sa.select(
        message.c.send_id,
        message.c.rule,
        sa.func.coalesce(enrollment.c.send, "").label("moment"),
        message.c.template,
        message.c.subject_type,
        message.c.subject_id,
        message.c.occurrence,
        message.c.recipient_id.label("customer_id"),
        customer.c.first_name,
        customer.c.last_name,
        sa.func.coalesce(customer.c.email, "").label("address"),
        sa.func.coalesce(account.c.name, "").label("account"),
        message.c.status_at.label("at"),
        message.c.due_at,
        message.c.status,
        sa.func.coalesce(message.c.reason, "").label("reason"),
        sa.func.coalesce(message_content.c.subject, "").label("subject"),
        sa.func.coalesce(message_content.c.language, "").label("language"),
    )
    .select_from(message)
    .outerjoin(enrollment, _ENROLLED)
    .outerjoin(message_content, message_content.c.send_id == message.c.send_id)
    .outerjoin(customer, customer.c.id == message.c.recipient_id)
    .outerjoin(account, account.c.id == _ACCOUNT_ID)
)


def _mail(row: sa.RowMapping) -> Mail:
    values = dict(row)
    names = [values.pop(part) for part in ("first_name", "last_name")]
    known = (" ".join(filter(None, names)), values["customer_id"], values["account"], values["subject_id"])
    return Mail(**values, name=next(filter(None, known)))


def content(connection: sa.Connection, send_ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    """Return the stored content of messages by their send id."""
    chosen = sa.select(message_content).where(message_content.c.send_id.in_(send_ids))
    return {row["send_id"]: row for row in connection.execute(chosen).mappings()}
