"""What happened to a customer, in the order of time: events, changes of facts, mails, and yes and no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

import sqlalchemy as sa

from engine.clock import from_micros
from engine.facts import BUILT_IN, FactType
from engine.models.tables import consent, event, fact_change, message
from engine.policy import ALL_MARKETING


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing that happened: `kind` is event, fact, mail or consent; `what` says it in a few words."""

    at: datetime
    kind: str
    what: str


def timeline(connection: sa.Connection, id_: str, account_id: str | None, *, limit: int) -> tuple[Happened, ...]:
    """Return the newest things that happened to a customer and their account, the newest first."""
    found = [
        *_events(connection, id_, limit),
        *_changes(connection, "customer", id_, limit),
        *(_changes(connection, "account", account_id, limit) if account_id else ()),
        *_mails(connection, id_, limit),
        *_consents(connection, id_, limit),
    ]
    return tuple(nlargest(limit, found, key=lambda each: (each.at, each.kind, each.what)))


def _events(connection: sa.Connection, id_: str, limit: int) -> Iterator[Happened]:
    e = event.c
    rows = sa.select(e.at, e.name, e.properties).where(e.customer_id == id_).order_by(e.at.desc(), e.id).limit(limit)
    for at, name, properties in connection.execute(rows):
        given = ", ".join(f"{key}: {value}" for key, value in (properties or {}).items())
        yield Happened(at=at, kind="event", what=f"{name} ({given})" if given else str(name))


def _changes(connection: sa.Connection, subject: str, id_: str, limit: int) -> Iterator[Happened]:
    c = fact_change.c
    of = (c.subject_type == subject, c.subject_id == id_)
    rows = sa.select(c.at, c.field, c.old, c.new).where(*of).order_by(c.at.desc(), c.field).limit(limit)
    for at, name, old, new in connection.execute(rows):
        path = f"{subject}.{name}"
        became = _shown(path, new)
        yield Happened(
            at=at, kind="fact", what=f"{path}: {became if old is None else f'{_shown(path, old)} → {became}'}"
        )


def _shown(path: str, stored: str | None) -> str:
    """Return a value of the history as one reads it; instants are kept there as microseconds."""
    fact = BUILT_IN.get(path)
    if stored is None:
        return "nothing"
    if fact is not None and fact.type is FactType.TIME and stored.lstrip("-").isdigit():
        return f"{from_micros(int(stored)):%Y-%m-%d %H:%M} UTC"
    return stored


def _mails(connection: sa.Connection, id_: str, limit: int) -> Iterator[Happened]:
    m = message.c
    rows = sa.select(m.status_at, m.status, m.reason, m.template, m.rule).where(m.recipient_id == id_)
    for at, status, reason, template, rule in connection.execute(rows.order_by(m.status_at.desc()).limit(limit)):
        why = f" ({reason})" if reason else ""
        yield Happened(at=at, kind="mail", what=f"{template} of {rule}: {status}{why}")


def _consents(connection: sa.Connection, id_: str, limit: int) -> Iterator[Happened]:
    c = consent.c
    rows = sa.select(c.at, c.topic, c.state, c.source).where(c.customer_id == id_).order_by(c.at.desc()).limit(limit)
    for at, topic, state, source in connection.execute(rows):
        what = "all marketing" if topic == ALL_MARKETING else topic
        yield Happened(at=at, kind="consent", what=f"{state} to {what} ({source})")
