"""Hearing: what feedback says of a message settles it, whether it came before or after the doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa

from engine import recipients
from engine.models.tables import feedback, message
from engine.outbox.states import Move, Status, move

_HAD_IT = (
    *("processed", "deferred", "delivered", "bounced", "blocked"),
    *("opened", "clicked", "complained", "unsubscribed", "resubscribed"),
)
MEANS: Mapping[str, Status] = dict.fromkeys(_HAD_IT, Status.SENT) | {"dropped": Status.FAILED}
"""What a kind of feedback says of the message itself: the provider had it, or it took it and sent nothing."""
_REASONS = {Status.SENT: None, Status.FAILED: "the provider dropped it"}
_SETTLED_BY: Mapping[Status, Collection[Status]] = {
    Status.SENT: (Status.QUEUED, Status.SENDING, Status.IN_DOUBT),
    Status.FAILED: (Status.QUEUED, Status.IN_DOUBT),
}
"""What waits and is over when it is heard of; one that is being sent and was dropped has an answer to come."""


def hear(connection: sa.Connection, kinds: Mapping[str, str], *, now: datetime) -> Mapping[str, int]:
    """Settle messages by what feedback says of them (a kind by send id); returns how many went where.

    Whatever was in doubt, under way or to be tried again is sent if the provider had it, and failed if it dropped it.
    Locks their recipients first, as every writer does. Feedback is stored within the same transaction, before this.
    """
    told = {send_id: MEANS[kind] for send_id, kind in kinds.items() if kind in MEANS}
    rows = sa.select(message.c.send_id, message.c.status, message.c.attempt, message.c.address_hash)
    waiting = rows.where(message.c.send_id.in_(told), message.c.status.in_(_SETTLED_BY[Status.SENT]))
    hashes = {row.address_hash for row in connection.execute(waiting)} if told else set()
    if not hashes:
        return {}
    recipients.lock(connection, hashes)
    moves = [_settled(row, told[row.send_id]) for row in connection.execute(waiting)]
    moves = [each for each in moves if each.was in _SETTLED_BY[each.to]]
    move(connection, moves, now=now)
    return Counter(str(each.to) for each in moves)


def heard_of(connection: sa.Connection, send_ids: Collection[str]) -> Mapping[str, Status]:
    """Return what stored feedback says of these messages, whatever became of their requests."""
    if not send_ids:
        return {}
    said = sa.select(feedback.c.send_id, feedback.c.kind).where(feedback.c.send_id.in_(send_ids))
    found = {(row.send_id, MEANS[row.kind]) for row in connection.execute(said) if row.kind in MEANS}
    return dict(sorted(found))  # `sent` comes last, and holds


def verdict(status: Status) -> str | None:
    """Return the reason that a message gets with what feedback says of it."""
    return _REASONS[status]


def _settled(row: sa.Row[tuple[str, str, int, str | None]], to: Status) -> Move:
    return Move(send_id=row.send_id, was=Status(row.status), to=to, attempt=row.attempt, reason=_REASONS[to])
