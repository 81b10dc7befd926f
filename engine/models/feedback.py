"""What became of mail, and who must not be written to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Instant, Json, Key


class ProviderEvent(SQLModel, table=True):
    """One raw event of a provider, landed before it is understood; `outcome` says what was made of it."""

    __tablename__ = "provider_event"
    __table_args__ = (
        sa.Index("ix_provider_event_processed_at", "processed_at"),
        sa.Index("ix_provider_event_received_at", "received_at"),
    )

    event_id: str = Field(primary_key=True, sa_type=Key)
    provider: str
    received_at: datetime = Field(sa_type=Instant)
    payload: dict[str, Any] = Field(sa_type=Json)
    processed_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str | None = None


class Feedback(SQLModel, table=True):
    """One fact about a sent message, append-only: delivered, opened, clicked, bounced, complained.

    `machine` marks opens and clicks of programs; `address_hash` is whom it is about, where that is known.
    """

    __table_args__ = (
        sa.Index("ix_feedback_send_id", "send_id"),
        sa.Index("ix_feedback_address", "address_hash", "at"),
    )

    event_id: str = Field(primary_key=True, sa_type=Key)
    send_id: str | None = Field(default=None, sa_type=Key)
    address_hash: str | None = Field(default=None, sa_type=Key)
    kind: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    machine: bool = False
    detail: dict[str, Any] | None = Field(default=None, sa_type=Json)


class Suppression(SQLModel, table=True):
    """An address that gets no mail: of a topic, or of any (`scope` is `*`)."""

    address_hash: str = Field(primary_key=True, sa_type=Key)
    scope: str = Field(default="*", primary_key=True, sa_type=Key)
    address: str | None = None
    reason: str
    source: str
    at: datetime = Field(sa_type=Instant)


class Consent(SQLModel, table=True):
    """A log of yes and no to a topic, with where it was said and in what words."""

    customer_id: str = Field(primary_key=True, sa_type=Key)
    topic: str = Field(primary_key=True, sa_type=Key)
    at: datetime = Field(primary_key=True, sa_type=Instant)
    state: str = Field(sa_type=Key)
    source: str
    wording: str | None = None
