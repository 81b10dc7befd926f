"""The ledger: which occurrence of which rule was decided for whom."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Instant, Key


class Enrollment(SQLModel, table=True):
    """One occurrence, judged once; the primary key is the whole mechanism against duplicates.

    `state` is enrolled, overtaken or expired. `fact` names what made the moment due (a date, a start, an event id) and
    `send` the moment's label in the rule; `since_at` and `until_at` bound the silence or absence, for the guard (for an
    anniversary, `since_at` is its day); nothing may be sent at or after `closes_at`, the date that a mail came before.
    `held_for` is how many microseconds its rule was held before it was decided; it is not late by them.
    `queued_at` is set when its message has been put into the outbox.
    """

    __table_args__ = (
        sa.Index("ix_enrollment_rule_decided", "rule", "decided_at"),
        sa.Index("ix_enrollment_waiting", "state", "queued_at"),
    )

    subject_type: str = Field(primary_key=True, sa_type=Key)
    subject_id: str = Field(primary_key=True, sa_type=Key)
    rule: str = Field(primary_key=True, sa_type=Key)
    occurrence: str = Field(primary_key=True, sa_type=Key)
    step: str = Field(default="", primary_key=True, sa_type=Key)
    state: str = Field(sa_type=Key)
    fact: str = Field(sa_type=Key)
    send: str
    offset: int = Field(sa_type=sa.BigInteger)
    due_at: datetime = Field(sa_type=Instant)
    moment_at: datetime = Field(sa_type=Instant)
    decided_at: datetime = Field(sa_type=Instant)
    held_for: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"default": 0})
    since_at: datetime | None = Field(default=None, sa_type=Instant)
    until_at: datetime | None = Field(default=None, sa_type=Instant)
    closes_at: datetime | None = Field(default=None, sa_type=Instant)
    release_id: int
    arm: str | None = None
    queued_at: datetime | None = Field(default=None, sa_type=Instant)


class Membership(SQLModel, table=True):
    """One stay of a subject in what a `becomes` rule describes."""

    __table_args__ = (sa.Index("ix_membership_entered_at", "rule", "entered_at"),)

    rule: str = Field(primary_key=True, sa_type=Key)
    subject_type: str = Field(primary_key=True, sa_type=Key)
    subject_id: str = Field(primary_key=True, sa_type=Key)
    episode: int = Field(primary_key=True)
    entered_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
