"""The states of a message and every way between them; nothing else writes `message.status`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.db import Straight, insert_missing
from engine.models.tables import message


class Status(StrEnum):
    """Where a message stands; docs/lifecycle.md draws it."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_S = Status
TRANSITIONS: Mapping[tuple[Status, Status], str] = {
    (_S.QUEUED, _S.SENDING): "claimed: the recipient is locked, the whole question was asked again, the request starts",
    (_S.QUEUED, _S.QUEUED): "a cap is reached or it is quiet hours: it waits, and is judged again",
    (_S.QUEUED, _S.SKIPPED): "a policy forbids it",
    (_S.QUEUED, _S.EXPIRED): "its time has passed",
    (_S.QUEUED, _S.CANCELLED): "what made it due no longer holds, or an operator ended it",
    (_S.QUEUED, _S.SENT): "feedback or an answer that came late says that the provider had an earlier attempt",
    (_S.QUEUED, _S.FAILED): "it cannot be rendered, or feedback says that the provider dropped an earlier attempt",
    (_S.QUEUED, _S.IN_DOUBT): "it may have been sent once, and will not be sent again after all",
    (_S.SENDING, _S.SENT): "the provider accepted it",
    (_S.SENDING, _S.FAILED): "the provider refused it",
    (_S.SENDING, _S.QUEUED): "known not to have been sent, or in doubt for the first time on a topic that resends",
    (_S.SENDING, _S.IN_DOUBT): "nobody knows whether the provider has it",
    (_S.IN_DOUBT, _S.SENT): "an answer or feedback that came late, the provider's records or an operator says so",
    (_S.IN_DOUBT, _S.FAILED): "an answer or feedback that came late or an operator says so",
    (_S.IN_DOUBT, _S.QUEUED): "an answer that came late or an operator says that it was not sent, or may be repeated",
    (_S.IN_DOUBT, _S.EXPIRED): "an operator says that it was not sent, and its time has passed",
    (_S.FAILED, _S.QUEUED): "an operator lets it be tried again",
}
"""Every transition there is, and when it happens."""

IS_QUEUED = message.c.status == sa.literal_column(f"'{_S.QUEUED}'")
"""Written out, so that the indexes of what is queued are used."""
NOT_AGAIN = "in doubt, not sent again"
FIRST = frozenset({_S.QUEUED, _S.SKIPPED, _S.EXPIRED, _S.CANCELLED, _S.IN_DOUBT})
FINAL = frozenset({_S.SENT, _S.SKIPPED, _S.EXPIRED, _S.CANCELLED})
"""What nothing leads out of; from `failed` only an operator does."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One message's step: it happens only if the message still is `was` at `attempt`; `also` sets further columns."""

    send_id: str
    was: Status
    to: Status
    attempt: int
    reason: str | None = None
    also: Mapping[str, Any] = field(default_factory=dict)


def enter(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write new messages, in an order that two writers share; those already there are left alone."""
    for row in rows:
        if row["status"] not in FIRST:
            raise ValueError(f"a message does not begin as {row['status']}")
    if rows:
        connection.execute(insert_missing(connection, message), sorted(rows, key=lambda row: str(row["send_id"])))


def move(connection: sa.Connection, moves: Sequence[Move], *, now: datetime) -> int:
    """Take messages from state to state, one statement for all moves of a kind; returns how many went."""
    kinds: dict[tuple[Status, Status, tuple[str, ...]], list[Move]] = defaultdict(list)
    for each in moves:
        if (each.was, each.to) not in TRANSITIONS:
            raise ValueError(f"no message goes from {each.was} to {each.to}")
        kinds[each.was, each.to, tuple(sorted(each.also))].append(each)
    count = 0
    for (was, to, columns), of_kind in kinds.items():
        of_kind.sort(key=lambda each: each.send_id)
        count += _statement(was, to, columns).write(connection, [_parameters(each, now) for each in of_kind])
    return count


def expire(connection: sa.Connection, *, now: datetime) -> Mapping[Status, int]:
    """End every queued message whose time has passed; returns how many went where.

    One that was to be sent again, because nobody knew whether it was sent, stays in doubt.
    """
    ends = (
        (message.c.doubts == 0, _S.EXPIRED, "too late"),
        (message.c.doubts > 0, _S.IN_DOUBT, f"{NOT_AGAIN}: too late"),
    )
    counts = {}
    for which, to, reason in ends:
        ended = sa.update(message).where(*_late(now), which).values(status=to, reason=reason, status_at=now)
        counts[to] = connection.execute(ended).rowcount
    return counts


def late(now: datetime) -> sa.Select[tuple[str]]:
    """Return the queued messages whose time has passed."""
    return sa.select(message.c.send_id).where(*_late(now))


def _late(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (IS_QUEUED, message.c.not_before <= now, message.c.expires_at <= now)


@lru_cache
def _statement(was: Status, to: Status, columns: tuple[str, ...]) -> Straight:
    key = (message.c.send_id == sa.bindparam("_id"), message.c.status == was, message.c.attempt == sa.bindparam("_at"))
    also = {column: sa.bindparam(f"_{column}", type_=message.c[column].type) for column in columns}
    always = {"status": to, "status_at": sa.bindparam("_now"), "reason": sa.bindparam("_reason")}
    return Straight(sa.update(message).where(*key).values(**always, **also))


def _parameters(each: Move, now: datetime) -> dict[str, Any]:
    also = {f"_{column}": value for column, value in each.also.items()}
    return {"_id": each.send_id, "_at": each.attempt, "_now": now, "_reason": each.reason, **also}
