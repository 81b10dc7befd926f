"""Customers, their other names and their declared facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Day, Instant, Json, Key


class Customer(SQLModel, table=True):
    """A person we may write to; `*_key` columns hold what text is compared by, `account_id` is kept by intake."""

    __table_args__ = (
        sa.Index("ix_customer_email_key", "email_key"),
        sa.Index("ix_customer_account_id", "account_id"),
        sa.Index("ix_customer_changed_at", "changed_at"),
        sa.Index("ix_customer_seen_changed_at", "seen_changed_at"),
        sa.Index("ix_customer_last_seen_at", "last_seen_at"),
        sa.Index("ix_customer_signed_up_at", "signed_up_at"),
        sa.Index("ix_customer_signed_up_month_day", sa.text("substr(signed_up_on, 6, 5)")),
        sa.Index("ix_customer_signed_up_day", sa.text("substr(signed_up_on, 9, 2)")),
    )

    id: str = Field(primary_key=True, sa_type=Key)
    email: str | None = None
    email_key: str | None = Field(default=None, sa_type=Key)
    first_name: str | None = None
    first_name_key: str | None = Field(default=None, sa_type=Key)
    last_name: str | None = None
    last_name_key: str | None = Field(default=None, sa_type=Key)
    locale: str | None = None
    locale_key: str | None = Field(default=None, sa_type=Key)
    time_zone: str | None = None
    time_zone_key: str | None = Field(default=None, sa_type=Key)
    signed_up_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_up_on: date | None = Field(default=None, sa_type=Day)
    account_id: str | None = Field(default=None, sa_type=Key)
    last_seen_at: datetime | None = Field(default=None, sa_type=Instant)
    seen_changed_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)


class Trait(SQLModel, table=True):
    """A declared fact of a customer or account: `text` as given, the other columns as its type makes it comparable.

    `key` holds text and url, `number` holds number, money and boolean (0 or 1), `time` an instant, and `day` a date or
    the UTC day of an instant.
    """

    __table_args__ = (
        sa.Index("ix_trait_changed_at", "subject_type", "name", "changed_at"),
        sa.Index("ix_trait_time", "subject_type", "name", "time"),
        sa.Index("ix_trait_day", "subject_type", "name", "day"),
        sa.Index("ix_trait_month_day", "subject_type", "name", sa.text("substr(day, 6, 5)")),
        sa.Index("ix_trait_month", "subject_type", "name", sa.text("substr(day, 9, 2)")),
    )

    subject_type: str = Field(primary_key=True, sa_type=Key)
    subject_id: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(primary_key=True, sa_type=Key)
    text: str | None = None
    key: str | None = Field(default=None, sa_type=Key)
    number: float | None = None
    time: datetime | None = Field(default=None, sa_type=Instant)
    day: date | None = Field(default=None, sa_type=Day)
    changed_at: datetime = Field(sa_type=Instant)


class FactChange(SQLModel, table=True):
    """One change of one fact: append-only; `at` is when it held from, `stamp` when we learned it.

    The first value a fact ever had is a change from nothing, so the last row at or before an instant is the value then.
    """

    __tablename__ = "fact_change"
    __table_args__ = (sa.Index("ix_fact_change_at", "subject_type", "subject_id", "field", "at"),)

    subject_type: str = Field(primary_key=True, sa_type=Key)
    subject_id: str = Field(primary_key=True, sa_type=Key)
    field: str = Field(primary_key=True, sa_type=Key)
    stamp: datetime = Field(primary_key=True, sa_type=Instant)
    at: datetime = Field(primary_key=True, sa_type=Instant)
    old: str | None = None
    new: str | None = None


class Identity(SQLModel, table=True):
    """Another name of a customer."""

    alias: str = Field(primary_key=True, sa_type=Key)
    customer_id: str = Field(sa_type=Key, index=True)


class Erased(SQLModel, table=True):
    """The keyed hash of an id that was erased, so that nothing re-creates it.

    `left` holds in clear what is still to be erased, and is null once nothing is; `settled_at` is when the pages that
    held it were written over.
    """

    id_hash: str = Field(primary_key=True, sa_type=Key)
    at: datetime = Field(sa_type=Instant)
    left: dict[str, Any] | None = Field(default=None, sa_type=Json)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


class Zone(SQLModel, table=True):
    """A time zone that some customer or account has: added by intake, never removed."""

    name: str = Field(primary_key=True, sa_type=Key)
