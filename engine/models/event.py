"""What customers did, as given and as kept ready to ask."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Day, Instant, Json, Key


class Event(SQLModel, table=True):
    """One thing a customer did, append-only; `keys` holds its properties as rules compare them (texts by key)."""

    __table_args__ = (
        sa.Index("ix_event_customer_name_at", "customer_id", "name", "at"),
        sa.Index("ix_event_customer_at", "customer_id", "at"),
        sa.Index("ix_event_name_at", "name", "at"),
    )

    customer_id: str = Field(primary_key=True, sa_type=Key)
    id: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    properties: dict[str, Any] | None = Field(default=None, sa_type=Json)
    keys: dict[str, Any] | None = Field(default=None, sa_type=Json)


class EventTotal(SQLModel, table=True):
    """First, last and number of one customer's events of one name, each with the stamp of its last real change."""

    __tablename__ = "event_total"
    __table_args__ = (
        sa.Index("ix_event_total_changed_at", "name", "changed_at"),
        sa.Index("ix_event_total_first_at", "name", "first_at"),
        sa.Index("ix_event_total_last_at", "name", "last_at"),
    )

    customer_id: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(primary_key=True, sa_type=Key)
    first_at: datetime = Field(sa_type=Instant)
    last_at: datetime = Field(sa_type=Instant)
    count: int = Field(sa_type=sa.BigInteger)
    first_changed_at: datetime = Field(sa_type=Instant)
    last_changed_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)


class EventDaily(SQLModel, table=True):
    """How often a customer did a thing on a day (UTC): for charts and scores."""

    __tablename__ = "event_daily"

    customer_id: str = Field(primary_key=True, sa_type=Key)
    day: date = Field(primary_key=True, sa_type=Day)
    name: str = Field(primary_key=True, sa_type=Key)
    count: int = Field(sa_type=sa.BigInteger)


class Absence(SQLModel, table=True):
    """A gap of a day or more between two neighbouring events of a customer; it ended at `until_at`."""

    __table_args__ = (
        sa.Index("ix_absence_until_at", "until_at"),
        sa.Index("ix_absence_changed_at", "changed_at"),
    )

    customer_id: str = Field(primary_key=True, sa_type=Key)
    from_at: datetime = Field(primary_key=True, sa_type=Instant)
    until_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
