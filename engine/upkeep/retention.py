"""How long each thing is kept: one row a table that grows with time. What has no row here is kept for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa

from engine.models.tables import event, message, message_content, provider_event, worker
from engine.outbox import FINAL, Status
from engine.settings import Settings

WORKERS_KEPT_FOR = timedelta(days=7)
_ONE: sa.ColumnElement[int] = sa.literal_column("1")


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What goes from one table, once its `column` is older than `kept` says.

    `setting` is what an installation says it with. Where `leaves` is empty, rows are deleted; else these columns are
    set and the row stays. `by` is the first column of the index that finds old rows, walked value by value.
    """

    name: str
    about: str
    table: sa.Table
    column: sa.ColumnElement[datetime]
    before: Callable[[Settings, datetime], datetime]
    setting: str | None = None
    only: tuple[sa.ColumnElement[bool], ...] = ()
    leaves: Callable[[datetime], Mapping[str, object]] | None = None
    by: sa.Column[str] | None = None


def _days_before(settings: Settings, now: datetime) -> datetime:
    """Return the beginning of the first day (UTC) of which events are kept: so there is one step a day."""
    day = (now - settings.events_kept_for).astimezone(UTC).date()
    return datetime.combine(day, time(), UTC)


def _dropped(now: datetime) -> Mapping[str, object]:
    return {"html": None, "text": None, "dropped_at": now}


_ENDED = sorted(FINAL | {Status.FAILED})
"""What failed may be tried again by hand, though not once its text is gone."""
_ended = sa.exists(_ONE).where(message.c.send_id == message_content.c.send_id, message.c.status.in_(_ENDED))
_sending = sa.exists(_ONE).where(message.c.worker == worker.c.id, message.c.status == Status.SENDING)

EVENTS = Retention(
    name="events",
    about="raw events; first, last, number and daily counts of each stay",
    table=event,
    column=event.c.at,
    before=_days_before,
    setting="events_kept_for",
    by=event.c.name,
)
RETENTIONS: tuple[Retention, ...] = (
    EVENTS,
    Retention(
        name="contents",
        about="text and HTML of mails that have ended; subject, headers and ledger stay",
        table=message_content,
        column=message_content.c.rendered_at,
        before=lambda settings, now: now - settings.content_kept_for,
        setting="content_kept_for",
        only=(message_content.c.dropped_at.is_(None), _ended),
        leaves=_dropped,
    ),
    Retention(
        name="provider events",
        about="what providers reported, as they did; the feedback made of it stays",
        table=provider_event,
        column=provider_event.c.processed_at,
        before=lambda settings, now: now - settings.provider_events_kept_for,
        setting="provider_events_kept_for",
    ),
    Retention(
        name="workers",
        about="workers that fell silent and have nothing under way",
        table=worker,
        column=worker.c.seen_at,
        before=lambda _settings, now: now - WORKERS_KEPT_FOR,
        only=(sa.not_(_sending),),
    ),
)
