"""Feedback as an operator asks for it: how it stands, and reading bounces by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from engine import feedback
from engine.app.opened import App
from engine.errors import UsageError
from engine.models.tables import provider_event

LATELY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class FeedbackStatus:
    """What providers told: `waiting` events are not understood yet, `unknown` ones of a day are of no message here."""

    last_received_at: datetime | None
    waiting: int
    unknown: int


@dataclass(frozen=True, kw_only=True)
class ReadBounces:
    """How many mails of a mailbox were new, and what was understood then."""

    path: Path
    landed: int
    understood: feedback.Report


def feedback_status(connection: sa.Connection, now: datetime) -> FeedbackStatus:
    """Return how feedback stands."""
    e = provider_event.c
    lately = (e.received_at > now - LATELY, e.outcome == feedback.UNKNOWN)
    return FeedbackStatus(
        last_received_at=connection.scalar(sa.select(sa.func.max(e.received_at))),
        waiting=_count(connection, e.processed_at.is_(None)),
        unknown=_count(connection, *lately),
    )


def _count(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(provider_event).where(*which)) or 0


def read_bounces(app: App, path: Path | None) -> ReadBounces:
    """Land what is new in a mailbox, by default the one that `bounces` names, and understand all that waits.

    Raises UsageError where none is named, and SettingsError where it is no mailbox.
    """
    mailbox = path or app.settings.bounces
    if mailbox is None:
        raise UsageError("no mailbox is named; write its path, or set bounces in lifecycle.yaml")
    now = app.clock.now()
    landed = feedback.Bounces(app.database, mailbox).read(now=now)
    understood = feedback.run_once(app.database, now=now, settings=app.settings)
    return ReadBounces(path=mailbox, landed=landed, understood=understood)
