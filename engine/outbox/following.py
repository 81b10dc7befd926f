"""Waiting messages as the live rules have them: topic, template and priority are those of today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.models.tables import message
from engine.outbox.facts import MESSAGES, Row
from engine.outbox.live import Live, live_moments
from engine.outbox.running import Running, priority_of
from engine.outbox.states import Status

AT_ONCE = 500
_FOLLOWS = ("topic", "template", "priority")


@dataclass(frozen=True, kw_only=True)
class Followed:
    """Messages with their live moment's `values` (`with`), or `gone`: why there is none; `moved` are to be written."""

    rows: tuple[Row, ...]
    moved: tuple[Row, ...]


def follow(connection: sa.Connection, found: Sequence[Row], running: Running) -> Followed:
    """Return the messages of a query as the live rules have them; nothing is written."""
    rows = [dict(row) for row in found]
    before = [_followed(row) for row in rows]
    for row, live in zip(rows, live_moments(connection, rows, running), strict=True):
        row.update(_as_live(row, live))
    moved = (row for row, old in zip(rows, before, strict=True) if _followed(row) != old)
    return Followed(rows=tuple(rows), moved=tuple(moved))


def standing(connection: sa.Connection, send_ids: Collection[str], running: Running) -> tuple[Row, ...]:
    """Return messages as they stand under the live rules; `gone` says why one has no live moment any more."""
    found: list[Row] = []
    ids = list(send_ids)
    for start in range(0, len(ids), AT_ONCE):
        chosen = MESSAGES.where(message.c.send_id.in_(ids[start : start + AT_ONCE]))
        found += follow(connection, [dict(row) for row in connection.execute(chosen).mappings()], running).rows
    return tuple(found)


def _followed(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _FOLLOWS)


def _as_live(row: Row, live: Live | str) -> dict[str, Any]:
    """Return what is now otherwise of one message; content that was tried keeps its template."""
    if isinstance(live, str):
        return {"gone": live, "values": {}}
    topic, tried = live.topic, row["first_intent_at"] is not None
    template = row["template"] if tried else live.send.template
    now = {"topic": topic.name, "template": template, "priority": priority_of(topic)}
    return {**now, "gone": None, "values": live.send.values}


def write_followed(connection: sa.Connection, moved: Sequence[Row]) -> None:
    """Write what the live rules changed of messages that still wait."""
    if not moved:
        return
    waits = sa.and_(message.c.send_id == sa.bindparam("_id"), message.c.status == Status.QUEUED)
    change = sa.update(message).where(waits).values({name: sa.bindparam(f"_{name}") for name in _FOLLOWS})
    order = sorted(moved, key=lambda row: str(row["send_id"]))
    connection.execute(
        change, [{"_id": row["send_id"], **{f"_{name}": row[name] for name in _FOLLOWS}} for row in order]
    )
