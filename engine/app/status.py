"""How the installation stands, in one value: what runs, what waits, what is stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import schema
from engine.app.feedback import FeedbackStatus, feedback_status
from engine.app.opened import App
from engine.app.writable import unwritable
from engine.clock import is_set
from engine.db import reading
from engine.models.tables import account, customer, message, rule_state, worker
from engine.outbox import SILENT_AFTER, Lane, lanes, shared_now
from engine.releases.store import live


@dataclass(frozen=True, kw_only=True)
class RuleStatus:
    """Where one rule stands: `seen_to` is its watermark, `held` how many it is held for.

    `recasting` says that it waits until stored values are read as the type that a fact it reads has now.
    """

    rule: str
    seen_to: datetime | None
    held: int | None
    held_at: datetime | None
    paused_at: datetime | None
    full_pass: bool
    recasting: bool


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """A dispatcher; `alive` unless it was silent for a minute."""

    id: str
    host: str
    started_at: datetime
    seen_at: datetime
    alive: bool


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How many messages a cap or quiet hours let wait, and when the first of them is judged again."""

    messages: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class ReleaseStatus:
    """The live release."""

    id: int
    applied_at: datetime
    author: str
    git_revision: str | None


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything `lifecycle status` shows, without any secret; `lanes` are those that are stopped or in trouble.

    `unwritable` says why the database cannot be written: then nothing is sent, and no lane could be told so.
    """

    at: datetime
    workspace: str
    database: str
    revision: str | None
    unwritable: str | None
    provider: str
    only_to: tuple[str, ...]
    redirect_to: str
    release: ReleaseStatus | None
    customers: int
    accounts: int
    rules: tuple[RuleStatus, ...]
    messages: Mapping[str, int]
    due: int
    waiting: Mapping[str, Waiting]
    feedback: FeedbackStatus
    lanes: tuple[Lane, ...]
    workers: tuple[WorkerStatus, ...]


def status(app: App) -> Status:
    """Return how the installation stands now, over one snapshot of the database."""
    now, settings = app.clock.now(), app.settings
    revision, cannot = schema.current(app.database), unwritable(app)
    with reading(app.database) as connection:
        return Status(
            at=now,
            workspace=str(settings.workspace),
            database=app.database.url.render_as_string(hide_password=True),
            revision=revision,
            unwritable=cannot,
            provider=settings.provider,
            only_to=settings.only_to,
            redirect_to=settings.redirect_to,
            release=_release(connection),
            customers=_count(connection, sa.select(customer.c.id)),
            accounts=_count(connection, sa.select(account.c.id)),
            rules=_rules(connection),
            messages=_messages(connection),
            due=_count(connection, _due(now)),
            waiting=_waiting(connection, now),
            feedback=feedback_status(connection, now),
            lanes=lanes(connection),
            workers=_workers(connection, shared_now(connection, now, set_by_hand=is_set(app.clock))),
        )


def _release(connection: sa.Connection) -> ReleaseStatus | None:
    now = live(connection)
    if now is None:
        return None
    return ReleaseStatus(id=now.id, applied_at=now.applied_at, author=now.author, git_revision=now.git_revision)


def _count(connection: sa.Connection, rows: sa.Select[tuple[str]]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0


def _due(now: datetime) -> sa.Select[tuple[str]]:
    return sa.select(message.c.send_id).where(message.c.status == "queued", message.c.not_before <= now)


def _waiting(connection: sa.Connection, now: datetime) -> dict[str, Waiting]:
    """Return what was let wait, by the reason; what waits for its own time has none."""
    m = message.c
    grouped = sa.select(m.reason, sa.func.count().label("messages"), sa.func.min(m.not_before).label("until"))
    waits = (m.status == "queued", m.not_before > now, m.reason.is_not(None), m.attempt == 0)
    rows = connection.execute(grouped.where(*waits).group_by(m.reason).order_by(m.reason))
    return {row.reason: Waiting(messages=row.messages, until=row.until) for row in rows}


def _rules(connection: sa.Connection) -> tuple[RuleStatus, ...]:
    s = rule_state.c
    rows = connection.execute(sa.select(rule_state).where(s.retired_at.is_(None)).order_by(s.rule)).mappings()
    return tuple(
        RuleStatus(
            rule=row["rule"],
            seen_to=row["watermark"],
            held=row["held_count"] if row["held_at"] else None,
            held_at=row["held_at"],
            paused_at=row["paused_at"],
            full_pass=row["full_pass"],
            recasting=row["recasting"],
        )
        for row in rows
    )


def _messages(connection: sa.Connection) -> dict[str, int]:
    grouped = sa.select(message.c.status, sa.func.count()).group_by(message.c.status).order_by(message.c.status)
    return {str(state): int(count) for state, count in connection.execute(grouped)}


def _workers(connection: sa.Connection, now: datetime) -> tuple[WorkerStatus, ...]:
    rows = connection.execute(sa.select(worker).order_by(worker.c.started_at)).mappings()
    return tuple(WorkerStatus(**row, alive=row["seen_at"] > now - SILENT_AFTER) for row in rows)
