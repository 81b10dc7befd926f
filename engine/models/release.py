"""What runs: releases of files, the state of each rule, what is paused, and who did what."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Instant, Json, Key


def _random_id() -> str:
    return uuid.uuid4().hex


class Release(SQLModel, table=True):
    """One numbered set of checked files; daemons run the highest one. `files` maps a path to its text.

    `time_zone` is where customers and accounts live that name no zone: the same for every host that runs the release.
    `recasting` maps the path of each trait whose stored values are still to be read as its new type to that type.
    """

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    applied_at: datetime = Field(sa_type=Instant)
    author: str
    git_revision: str | None = None
    fingerprint: str
    time_zone: str
    files: dict[str, Any] = Field(sa_type=Json)
    fingerprints: dict[str, Any] = Field(sa_type=Json)
    recasting: dict[str, Any] = Field(
        default_factory=dict, sa_type=Json, sa_column_kwargs={"default": dict, "server_default": "{}"}
    )


class RuleState(SQLModel, table=True):
    """Where the evaluation of one rule of the live release stands.

    `activated` maps an offset's code (`-30d`) to the microseconds of its activation, `stands_for` to the offsets it
    replaced, in microseconds, whose rows count for it. `backfill` is null, or `{"from": microseconds or null}` until
    the past was judged. `full_pass` asks for a pass over everybody at the next tick. `held_*` say that a tick found
    more than `max_at_once`; `approved_count` lets that many through, once, and `held_for` microseconds of being held
    make nothing late. `noticed_at` is the time by which a pass last saw who is in what `becomes` describes. `recasting`
    keeps the rule and its messages waiting while values that it reads are recast.
    """

    __tablename__ = "rule_state"

    rule: str = Field(primary_key=True, sa_type=Key)
    release_id: int
    fingerprint: str
    trigger_fingerprint: str
    activated: dict[str, Any] = Field(sa_type=Json)
    stands_for: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    backfill: dict[str, Any] | None = Field(default=None, sa_type=Json)
    watermark: datetime | None = Field(default=None, sa_type=Instant)
    full_pass: bool = True
    full_pass_at: datetime | None = Field(default=None, sa_type=Instant)
    noticed_at: datetime | None = Field(default=None, sa_type=Instant)
    held_at: datetime | None = Field(default=None, sa_type=Instant)
    held_count: int | None = None
    held_for: int = Field(default=0, sa_type=sa.BigInteger, sa_column_kwargs={"default": 0})
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    approved_count: int | None = None
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)
    recasting: bool = Field(default=False, sa_column_kwargs={"default": False, "server_default": sa.false()})


class Lane(SQLModel, table=True):
    """A stream of sends that can be stopped: `all`, or one provider; stopped while `stopped_at` is set.

    A lane that the engine stopped by itself is tried with one message at `retry_at`.
    """

    name: str = Field(primary_key=True, sa_type=Key)
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = None
    by: str | None = None


class Audit(SQLModel, table=True):
    """Who changed how the engine behaves, and when."""

    __table_args__ = (sa.Index("ix_audit_at", "at"),)

    id: str = Field(primary_key=True, sa_type=Key, sa_column_kwargs={"default": _random_id})
    at: datetime = Field(sa_type=Instant)
    actor: str
    action: str
    detail: dict[str, Any] | None = Field(default=None, sa_type=Json)
