"""What is due: queued messages whose time has come, the most urgent first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from engine.db import Straight, among
from engine.models.tables import message, message_content, rule_state
from engine.outbox.facts import MESSAGES, Row
from engine.outbox.leases import Share
from engine.outbox.running import Running
from engine.outbox.states import IS_QUEUED
from engine.outbox.written import Written

WINDOW = 300
"""Among how many due messages those of one rule may leave together, so that each rule is asked once for many."""
_STOPPED = sa.select(rule_state.c.rule).where(sa.or_(rule_state.c.paused_at.is_not(None), rule_state.c.recasting))
_IS_DUE = (
    IS_QUEUED,
    message.c.not_before <= sa.bindparam("now", type_=message.c.not_before.type),
    message.c.release_id <= sa.bindparam("newest", type_=sa.Integer),
    message.c.rule.not_in(_STOPPED),
)
_ORDER = (-message.c.priority, message.c.not_before, message.c.send_id)
_FIRST = Straight(
    sa.select(message.c.send_id, message.c.address_hash, message.c.rule, message.c.priority)
    .where(*_IS_DUE)
    .order_by(*_ORDER)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_THESE = Straight(MESSAGES.where(*_IS_DUE, among(message.c.send_id, "ids")).order_by(*_ORDER))
_TO_THEM = Straight(
    MESSAGES.add_columns(message_content.c.dropped_at)
    .where(*_IS_DUE, among(message.c.address_hash, "hashes"))
    .order_by(*_ORDER),
)
"""That they have content is asked of the rows: as a condition it would let PostgreSQL begin with all contents."""
_UNPREPARED = (
    sa.select(*(message.c[name] for name in ("send_id", "address_hash", "topic", "priority")))
    .outerjoin(message_content, message_content.c.send_id == message.c.send_id)
    .where(*_IS_DUE, among(message.c.address_hash, "hashes"), message_content.c.dropped_at.is_(None))
)
_ANY = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A message that is due, and the recipient whose lock it needs; the higher its `priority`, the more urgent.

    `written` is what this worker has just written for it.
    """

    send_id: str
    address_hash: str
    priority: int = 0
    written: Written | None = None


def first(
    connection: sa.Connection, running: Running, share: Share, *, now: datetime, limit: int, ahead: Collection[str] = ()
) -> tuple[Candidate, ...]:
    """Return the most urgent due messages of a share but those `ahead`, by send id; of any share where it has none.

    Those of newer releases wait, and those of rules that are paused or whose facts are just being recast. Of equally
    urgent ones those of one rule follow each other, beginning with the rule that has waited longest.
    """
    given = _given(running, now) | {"most": max(limit, WINDOW) * share.of + len(ahead)}
    rows = [row for row in _FIRST.rows(connection, given) if row[0] not in ahead]
    groups: dict[tuple[int, str], list[tuple[str, str, int]]] = {}
    for send_id, hashed, rule, priority in [row for row in rows if share.has(row[0])] or rows:
        groups.setdefault((-priority, rule), []).append((send_id, hashed, priority))
    ordered = (each for key in sorted(groups, key=lambda key: key[0]) for each in groups[key])
    return tuple(
        Candidate(send_id=send_id, address_hash=hashed, priority=priority)
        for send_id, hashed, priority in islice(ordered, limit)
    )


def these(
    connection: sa.Connection, running: Running, candidates: Sequence[Candidate], *, now: datetime
) -> list[dict[str, Any]]:
    """Return the rows of these messages, as far as they still are due."""
    return _THESE.mappings(connection, _given(running, now) | {"ids": [each.send_id for each in candidates]})


def to_them(
    connection: sa.Connection, running: Running, hashes: Collection[str], *, now: datetime
) -> list[dict[str, Any]]:
    """Return the rows of all due messages to these recipients that have content."""
    found = _TO_THEM.mappings(connection, _given(running, now) | {"hashes": sorted(hashes)})
    return [row for row in found if row["rendered_from"] is not None and row["dropped_at"] is None]


def unprepared(
    connection: sa.Connection, running: Running, hashes: Collection[str], *, ready: Collection[str], now: datetime
) -> Sequence[Row]:
    """Return the due messages to these recipients that had no content when the `ready` were read, by send id.

    By now it may be there: what they say is prepared by others at the same time. Returned as far as it tells whose turn
    is next.
    """
    found = connection.execute(_UNPREPARED, _given(running, now) | {"hashes": sorted(hashes)})
    return [dict(row) for row in found.mappings() if row["send_id"] not in ready]


def _given(running: Running, now: datetime) -> dict[str, Any]:
    return {"now": now, "newest": running.release_id or _ANY}
