"""From the ledger into the outbox: each enrollment becomes one message, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from engine import recipients
from engine.db import reading, writing
from engine.hashing import address_hash, send_id
from engine.models.tables import enrollment
from engine.outbox.live import Live, live_moments
from engine.outbox.readers import Reader, readers
from engine.outbox.restored import doubted, settled
from engine.outbox.running import Running, priority_of
from engine.outbox.states import Status, enter
from engine.outbox.timing import closes_at, expires_at, not_before
from engine.witness import spans

BATCH = 500
log = structlog.get_logger("lifecycle")
_KEY = ("subject_type", "subject_id", "rule", "occurrence", "step")
_WAITING = ("enrolled", "overtaken", "expired")
_NEVER: Mapping[str, tuple[Status, str]] = {
    "overtaken": (Status.SKIPPED, "overtaken"),
    "expired": (Status.EXPIRED, "too late"),
}


@dataclass(frozen=True, kw_only=True)
class Enqueued:
    """How many enrollments became messages, by the state they begin in."""

    by_status: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())


@dataclass(frozen=True, kw_only=True)
class _Due:
    """One enrollment with what is needed to make a message of it."""

    row: sa.RowMapping
    live: Live
    reader: Reader


def enqueue(engine: sa.Engine, running: Running, *, now: datetime, batch: int = BATCH) -> Enqueued:
    """Turn every enrollment that has no message yet into one; each batch is atomic, and nothing is done twice."""
    counts: Counter[str] = Counter()
    while _anything(engine, running):
        with writing(engine) as connection:
            rows = connection.execute(_batch(running).limit(batch).with_for_update(skip_locked=True)).mappings().all()
            made, lost = _messages(connection, rows, running, now), spans(connection)
            messages = doubted(made, running.rules, now=now, within=lost)
            recipients.ensure(connection, {m["address_hash"] for m in messages if m["address_hash"]})
            enter(connection, messages)
            settled(connection, messages, now=now)
            _mark(connection, rows, now)
        counts.update(str(m["status"]) for m in messages)
        if len(rows) < batch:
            break
    return Enqueued(by_status=dict(counts))


def _anything(engine: sa.Engine, running: Running) -> bool:
    """Ask before taking a write lock: at most ticks there is nothing."""
    with reading(engine) as connection:
        return connection.execute(_batch(running).limit(1)).first() is not None


def waiting() -> tuple[sa.ColumnElement[bool], ...]:
    """Return what makes an enrollment one that has no message yet."""
    return (enrollment.c.state.in_(_WAITING), enrollment.c.queued_at.is_(None))


def _batch(running: Running) -> sa.Select[Any]:
    chosen = sa.select(enrollment).where(*waiting())
    return chosen.where(enrollment.c.release_id <= running.release_id) if running.release_id else chosen


def _messages(
    connection: sa.Connection, rows: Sequence[sa.RowMapping], running: Running, now: datetime
) -> list[dict[str, Any]]:
    """Return the message of each enrollment; one that belongs to no live moment ends as it begins."""
    lives = live_moments(connection, rows, running)
    wanted = [(row, live) for row, live in zip(rows, lives, strict=True) if isinstance(live, Live)]
    asked = [(row["subject_type"], row["subject_id"], live.rule) for row, live in wanted]
    found = readers(connection, asked, default_zone=running.settings.time_zone)
    due = [
        _Due(row=row, live=live, reader=found[row["subject_type"], row["subject_id"], live.rule.to_role or ""])
        for row, live in wanted
    ]
    secret = running.settings.secret.get_secret_value()
    orphans = [
        _orphan(row, now, live, secret=secret) for row, live in zip(rows, lives, strict=True) if isinstance(live, str)
    ]
    return [_queued(each, running, now) for each in due] + orphans


def _queued(due: _Due, running: Running, now: datetime) -> dict[str, Any]:
    """Return an enrollment's message; whatever is wrong with one ends that one alone."""
    try:
        return _message(due, running, now)
    except Exception as error:  # noqa: BLE001 (a row nobody thought of must not keep back all others)
        fault, row = type(error).__name__, due.row
        log.error("an enrollment cannot become a message", rule=row["rule"], error=fault)  # noqa: TRY400 (facts are in it)
        return _orphan(row, now, f"cannot be queued: {fault}", secret=running.settings.secret.get_secret_value())


def _message(due: _Due, running: Running, now: datetime) -> dict[str, Any]:
    rule, topic = due.live.rule, due.live.topic
    status, reason, address = _beginning(due)
    zone = due.reader.reader_zone
    closes = closes_at(rule, due.row["fact"], due.row["closes_at"], reader_zone=zone)
    leaves = not_before(rule, due=due.row["due_at"], reader_zone=zone, closes=closes)
    known = due.reader.known
    secret = running.settings.secret.get_secret_value()
    return _row(due.row, recipient_id=known.person.id if known else "", secret=secret, now=now) | {
        "address_hash": address_hash(address, secret) if address else None,
        "topic": topic.name,
        "template": due.live.send.template,
        "priority": priority_of(topic),
        "status": status,
        "reason": reason,
        "not_before": leaves,
        "expires_at": expires_at(
            rule,
            moment=due.row["moment_at"],
            decided=due.row["decided_at"],
            held=timedelta(microseconds=due.row["held_for"]),
            leaves=leaves,
            closes=closes,
        ),
    }


def _beginning(due: _Due) -> tuple[Status, str | None, str | None]:
    """Return the first state of a message, why, and the address it is for."""
    address = due.reader.known.person.address if due.reader.known else None
    if due.row["state"] in _NEVER:
        return (*_NEVER[due.row["state"]], address)
    if due.reader.known is None:
        return Status.SKIPPED, "no recipient" if due.live.rule.to_role else "no such customer", None
    return (Status.QUEUED, None, address) if address else (Status.SKIPPED, "no address", None)


def _orphan(row: sa.RowMapping, now: datetime, why: str, *, secret: str) -> dict[str, Any]:
    """Return the message of an enrollment that no live moment has, or that cannot be put into the outbox."""
    status, reason = _NEVER.get(row["state"], (Status.CANCELLED, why))
    return unsent(row, now, status, reason, secret=secret)


def unsent(row: sa.RowMapping, now: datetime, status: Status, reason: str, *, secret: str) -> dict[str, Any]:
    """Return the message of an enrollment that nobody will read, and that ends as it begins."""
    return _row(row, recipient_id="", secret=secret, now=now) | {
        "address_hash": None,
        "topic": "",
        "template": "",
        "priority": 0,
        "status": status,
        "reason": reason,
        "not_before": row["due_at"],
        "expires_at": row["due_at"],
    }


def _row(row: sa.RowMapping, *, recipient_id: str, secret: str, now: datetime) -> dict[str, Any]:
    key = {name: row[name] for name in _KEY}
    return {
        **key,
        "send_id": send_id(**key, recipient=recipient_id, secret=secret),
        "recipient_id": recipient_id,
        "release_id": row["release_id"],
        "arm": row["arm"],
        "due_at": row["due_at"],
        "created_at": now,
        "status_at": now,
        "attempt": 0,
        "doubts": 0,
    }


def _mark(connection: sa.Connection, rows: Sequence[sa.RowMapping], now: datetime) -> None:
    if not rows:
        return
    key = (enrollment.c[name] == sa.bindparam(f"_{name}") for name in _KEY)
    done = sa.update(enrollment).where(*key).values(queued_at=now)
    connection.execute(done, [{f"_{name}": row[name] for name in _KEY} for row in rows])
