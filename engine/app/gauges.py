"""What an operator's monitoring reads from the database: a few numbers, each from an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.app.opened import App
from engine.clock import is_set
from engine.db import reading
from engine.models.tables import lane, message, provider_event, rule_state, worker
from engine.outbox import SILENT_AFTER, shared_now
from engine.releases.store import live_id

OPEN = ("queued", "sending", "in_doubt")
"""Statuses that do not end: the others only grow, and are counted by the workers that write them."""


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One number as it is now, such as the seconds that something waits; `labels` tell several of a name apart."""

    name: str
    about: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def gauges(app: App) -> tuple[Gauge, ...]:
    """Return how things stand, over one snapshot of the database."""
    now = app.clock.now()
    with reading(app.database) as connection:
        heard = shared_now(connection, now, set_by_hand=is_set(app.clock))
        return (
            *_messages(connection, now),
            *_rules(connection, now),
            *_stopped(connection),
            Gauge(name="workers", about="Dispatchers that were heard of lately.", value=_alive(connection, heard)),
            Gauge(
                name="provider_events_waiting",
                about="Events of providers that were not understood yet.",
                value=_count(connection, provider_event.c.processed_at.is_(None)),
            ),
            Gauge(name="release", about="The number of the live release.", value=live_id(connection) or 0),
        )


def _messages(connection: sa.Connection, now: datetime) -> Iterator[Gauge]:
    grouped = sa.select(message.c.status, sa.func.count()).where(message.c.status.in_(OPEN)).group_by(message.c.status)
    found = {str(status): int(count) for status, count in connection.execute(grouped)}
    for status in OPEN:
        about = "Messages that have not ended, by status."
        yield Gauge(name="messages", about=about, value=found.get(status, 0), labels={"status": status})
    oldest = sa.select(sa.func.min(message.c.not_before)).where(message.c.status == "queued")
    waited = connection.execute(oldest).scalar()
    about = "Seconds for which the message that waits longest could have left."
    yield Gauge(name="oldest_due_seconds", about=about, value=_since(waited, now))


def _rules(connection: sa.Connection, now: datetime) -> Iterator[Gauge]:
    s = rule_state.c
    live = connection.execute(
        sa.select(s.rule, s.watermark, s.held_at, s.paused_at).where(s.retired_at.is_(None)).order_by(s.rule)
    )
    for row in live:
        named = {"rule": row.rule}
        about = "Seconds since the rule was evaluated."
        yield Gauge(name="rule_behind_seconds", about=about, value=_since(row.watermark, now), labels=named)
        about = "1 for a rule that waits for an operator's approval."
        yield Gauge(name="rule_held", about=about, value=row.held_at is not None, labels=named)
        about = "1 for a rule that an operator paused."
        yield Gauge(name="rule_paused", about=about, value=row.paused_at is not None, labels=named)


def _stopped(connection: sa.Connection) -> Iterator[Gauge]:
    for row in connection.execute(sa.select(lane.c.name, lane.c.stopped_at).order_by(lane.c.name)):
        about = "1 for a lane that carries no mail."
        yield Gauge(name="lane_stopped", about=about, value=row.stopped_at is not None, labels={"lane": row.name})


def _alive(connection: sa.Connection, now: datetime) -> int:
    return _count(connection, worker.c.seen_at > now - SILENT_AFTER)


def _count(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).where(which)) or 0


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())
