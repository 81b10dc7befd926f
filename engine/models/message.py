"""The outbox: one row a message, its content, and the lock of its recipient."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Instant, Json, Key


def _of_queued(name: str, *columns: str | sa.TextClause) -> sa.Index:
    """Return an index of what waits alone: it stays small, however many were sent."""
    queued = sa.text("status = 'queued'")
    return sa.Index(name, *columns, sqlite_where=queued, postgresql_where=queued)


class Recipient(SQLModel, table=True):
    """One row per address, locked by whoever decides whether a mail to it may leave."""

    address_hash: str = Field(primary_key=True, sa_type=Key)
    last_sent_at: datetime | None = Field(default=None, sa_type=Instant)


class Message(SQLModel, table=True):
    """A mail and where it stands; only `engine.outbox` writes `status`.

    `status` is queued, sending, sent, failed, in_doubt, skipped, expired or cancelled; `reason` says why.
    `doubts` counts how often nobody knew whether a provider had it.
    """

    __table_args__ = (
        sa.UniqueConstraint("subject_id", "subject_type", "rule", "occurrence", "step", "recipient_id"),
        sa.Index("ix_message_due", "status", "not_before"),
        _of_queued("ix_message_leaving", sa.text("(-priority)"), "not_before", "send_id"),
        _of_queued("ix_message_late", "expires_at"),
        sa.Index("ix_message_address", "address_hash", "status"),
        sa.Index("ix_message_rule", "rule", "status"),
        sa.Index("ix_message_recipient", "recipient_id", "created_at"),
    )

    send_id: str = Field(primary_key=True, sa_type=Key)
    subject_type: str = Field(sa_type=Key)
    subject_id: str = Field(sa_type=Key)
    rule: str = Field(sa_type=Key)
    occurrence: str = Field(sa_type=Key)
    step: str = Field(default="", sa_type=Key)
    recipient_id: str = Field(sa_type=Key)
    address_hash: str | None = Field(default=None, sa_type=Key)
    topic: str
    template: str
    release_id: int
    arm: str | None = None
    priority: int = 0
    status: str = Field(sa_type=Key)
    reason: str | None = None
    due_at: datetime = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    status_at: datetime = Field(sa_type=Instant)
    attempt: int = 0
    doubts: int = 0
    first_intent_at: datetime | None = Field(default=None, sa_type=Instant)
    last_intent_at: datetime | None = Field(default=None, sa_type=Instant)
    worker: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    provider: str | None = None
    provider_message_id: str | None = None


class MessageContent(SQLModel, table=True):
    """What is sent, byte for byte, at every attempt; `facts` fingerprints what it was rendered from.

    Once it was kept long enough, `html` and `text` are dropped and `dropped_at` says when.
    """

    __tablename__ = "message_content"
    __table_args__ = (sa.Index("ix_message_content_kept", "dropped_at", "rendered_at"),)

    send_id: str = Field(primary_key=True, sa_type=Key)
    sender: str
    reply_to: str | None = None
    recipient: str
    recipient_name: str | None = None
    subject: str
    html: str | None
    text: str | None
    language: str
    headers: dict[str, Any] = Field(sa_type=Json)
    facts: str
    rendered_at: datetime = Field(sa_type=Instant)
    dropped_at: datetime | None = Field(default=None, sa_type=Instant)


class Worker(SQLModel, table=True):
    """A running dispatcher and its heartbeat."""

    id: str = Field(primary_key=True, sa_type=Key)
    host: str
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
