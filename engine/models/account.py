"""Accounts and the people in them."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Day, Instant, Key


class Account(SQLModel, table=True):
    """The company that pays; `amount` is in minor units of `currency`, a card is good to the end of its month."""

    __table_args__ = (
        sa.Index("ix_account_changed_at", "changed_at"),
        sa.Index("ix_account_card_expires_on", "card_expires_on"),
        sa.Index("ix_account_renews_on", "renews_on"),
        sa.Index("ix_account_subscribed_on", "subscribed_on"),
        sa.Index("ix_account_subscribed_month_day", sa.text("substr(subscribed_on, 6, 5)")),
        sa.Index("ix_account_subscribed_day", sa.text("substr(subscribed_on, 9, 2)")),
        sa.Index("ix_account_renews_month_day", sa.text("substr(renews_on, 6, 5)")),
        sa.Index("ix_account_renews_day", sa.text("substr(renews_on, 9, 2)")),
    )

    id: str = Field(primary_key=True, sa_type=Key)
    name: str | None = None
    name_key: str | None = Field(default=None, sa_type=Key)
    status: str | None = None
    status_key: str | None = Field(default=None, sa_type=Key)
    plan: str | None = None
    plan_key: str | None = Field(default=None, sa_type=Key)
    amount: int | None = Field(default=None, sa_type=sa.BigInteger)
    currency: str | None = None
    currency_key: str | None = Field(default=None, sa_type=Key)
    subscribed_on: date | None = Field(default=None, sa_type=Day)
    renews_on: date | None = Field(default=None, sa_type=Day)
    renewals: int | None = Field(default=None, sa_type=sa.BigInteger)
    card_expires_on: date | None = Field(default=None, sa_type=Day)
    seats: int | None = Field(default=None, sa_type=sa.BigInteger)
    time_zone: str | None = None
    time_zone_key: str | None = Field(default=None, sa_type=Key)
    locale: str | None = None
    locale_key: str | None = Field(default=None, sa_type=Key)
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)


class AccountMember(SQLModel, table=True):
    """A customer's role in an account; `removed_at` is a tombstone, so that leaving leaves a stamp."""

    __tablename__ = "account_member"
    __table_args__ = (
        sa.Index("ix_account_member_role", "account_id", "role_key", "customer_id"),
        sa.Index("ix_account_member_changed_at", "changed_at"),
    )

    customer_id: str = Field(primary_key=True, sa_type=Key)
    account_id: str = Field(primary_key=True, sa_type=Key)
    role_key: str = Field(primary_key=True, sa_type=Key)
    role: str
    changed_at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
