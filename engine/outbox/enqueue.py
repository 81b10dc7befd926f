"""From the ledger into the outbox: each enrollment becomes one message, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import recipients
from engine.db import reading, writing
from engine.hashing import address_hash, send_id
from engine.models.tables import enrollment
from engine.outbox.readers import Reader, readers
from engine.outbox.running import Running, priority_of, send_of
from engine.outbox.states import Status, enter
from engine.outbox.timing import closes_at, expires_at, not_before
from engine.rules.model import Rule, Send

BATCH = 500
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
    rule: Rule
    send: Send
    reader: Reader


def enqueue(engine: sa.Engine, running: Running, *, now: datetime, batch: int = BATCH) -> Enqueued:
    """Turn every enrollment that has no message yet into one; each batch is atomic, and nothing is done twice."""
    counts: Counter[str] = Counter()
    while _anything(engine, running):
        with writing(engine) as connection:
            rows = connection.execute(_batch(running).limit(batch).with_for_update(skip_locked=True)).mappings().all()
            messages = [_message(each, running, now) for each in _understood(connection, rows, running)]
            messages += [_orphan(row, now) for row in rows if not _known(row, running)]
            recipients.ensure(connection, {m["address_hash"] for m in messages if m["address_hash"]})
            enter(connection, messages)
            _mark(connection, rows, now)
        counts.update(str(m["status"]) for m in messages)
        if len(rows) < batch:
            break
    return Enqueued(by_status=dict(counts))


def _anything(engine: sa.Engine, running: Running) -> bool:
    """Ask before taking a write lock: at most ticks there is nothing."""
    with reading(engine) as connection:
        return connection.execute(_batch(running).limit(1)).first() is not None


def _batch(running: Running) -> sa.Select[Any]:
    waiting = sa.and_(enrollment.c.state.in_(_WAITING), enrollment.c.queued_at.is_(None))
    chosen = sa.select(enrollment).where(waiting)
    return chosen.where(enrollment.c.release_id <= running.release_id) if running.release_id else chosen


def _known(row: sa.RowMapping, running: Running) -> bool:
    rule = running.rules.rules.get(row["rule"])
    return rule is not None and send_of(rule, row["send"]) is not None


def _understood(connection: sa.Connection, rows: Sequence[sa.RowMapping], running: Running) -> list[_Due]:
    rules = running.rules.rules
    live = [row for row in rows if _known(row, running)]
    asked = [(row["subject_type"], row["subject_id"], rules[row["rule"]]) for row in live]
    found = readers(connection, asked, default_zone=running.settings.time_zone)
    due = []
    for row in live:
        rule = rules[row["rule"]]
        send = send_of(rule, row["send"])
        assert send is not None
        reader = found[row["subject_type"], row["subject_id"], rule.to_role or ""]
        due.append(_Due(row=row, rule=rule, send=send, reader=reader))
    return due


def _message(due: _Due, running: Running, now: datetime) -> dict[str, Any]:
    topic = running.rules.topics[due.rule.topic]
    status, reason, address = _beginning(due)
    leaves = not_before(
        due.rule, due=due.row["due_at"], subject_zone=due.reader.subject_zone, reader_zone=due.reader.reader_zone
    )
    known = due.reader.known
    return _row(due.row, recipient_id=known.person.id if known else "", now=now) | {
        "address_hash": address_hash(address, running.settings.secret.get_secret_value()) if address else None,
        "topic": topic.name,
        "template": due.send.template,
        "priority": priority_of(topic),
        "status": status,
        "reason": reason,
        "not_before": leaves,
        "expires_at": expires_at(
            due.rule,
            moment=due.row["moment_at"],
            decided=due.row["decided_at"],
            held=timedelta(microseconds=due.row["held_for"]),
            leaves=leaves,
            closes=closes_at(due.rule, due.row["fact"], due.row["closes_at"], reader_zone=due.reader.reader_zone),
        ),
    }


def _beginning(due: _Due) -> tuple[Status, str | None, str | None]:
    """Return the first state of a message, why, and the address it is for."""
    address = due.reader.known.person.address if due.reader.known else None
    if due.row["state"] in _NEVER:
        return (*_NEVER[due.row["state"]], address)
    if due.reader.known is None:
        return Status.SKIPPED, "no recipient" if due.rule.to_role else "no such customer", None
    return (Status.QUEUED, None, address) if address else (Status.SKIPPED, "no address", None)


def _orphan(row: sa.RowMapping, now: datetime) -> dict[str, Any]:
    """Return the message of an enrollment whose rule, or moment of it, is no longer in the release."""
    status, reason = _NEVER.get(row["state"], (Status.CANCELLED, "rule removed"))
    return _row(row, recipient_id="", now=now) | {
        "address_hash": None,
        "topic": "",
        "template": "",
        "priority": 0,
        "status": status,
        "reason": reason,
        "not_before": row["due_at"],
        "expires_at": row["due_at"],
    }


def _row(row: sa.RowMapping, *, recipient_id: str, now: datetime) -> dict[str, Any]:
    key = {name: row[name] for name in _KEY}
    return {
        **key,
        "send_id": send_id(**key, recipient=recipient_id),
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
