"""Workers and their heartbeats: what a silent worker had under way is in doubt, never queued."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

import sqlalchemy as sa

from engine.db import Straight, insert_missing
from engine.models.tables import message, worker
from engine.outbox.shared_clock import DATABASES, is_shared, shared_now
from engine.outbox.states import Status

SILENT_AFTER = timedelta(seconds=60)
_FORGOTTEN_AFTER = timedelta(days=1)
_ALIVE = Straight(sa.select(worker.c.id).where(worker.c.seen_at > sa.bindparam("_since", type_=worker.c.seen_at.type)))
_MINE = sa.update(worker).where(worker.c.id == sa.bindparam("_id"))
_SEEN = Straight(_MINE.values(seen_at=sa.bindparam("_now")))
_SEEN_THERE = _MINE.values(seen_at=DATABASES).returning(worker.c.seen_at)
_UNDER_WAY = sa.select(
    message.c.send_id, message.c.attempt, message.c.doubts, message.c.topic, message.c.address_hash
).where(message.c.status == Status.SENDING)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A running dispatcher; `id` is new at each start.

    `clock_is_set` says that its clock is set by hand, and that heartbeats and leases go by it.
    """

    id: str
    host: str
    clock_is_set: bool = False


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a worker prepares before all else, so that several do not render the same mails: one part of so many."""

    number: int = 0
    of: int = 1

    def has(self, send_id: str) -> bool:
        """Say whether a message belongs to it."""
        return crc32(send_id.encode()) % self.of == self.number


def share(connection: sa.Connection, holder: Holder, *, now: datetime) -> Share:
    """Return the share of a worker among those that live."""
    present = shared_now(connection, now, set_by_hand=holder.clock_is_set)
    alive = [id_ for (id_,) in _ALIVE.rows(connection, {"_since": present - SILENT_AFTER})]
    crew = sorted({holder.id, *alive})
    return Share(number=crew.index(holder.id), of=len(crew))


def beat(connection: sa.Connection, holder: Holder, *, now: datetime) -> datetime:
    """Say that a worker lives; returns the instant by the clock from which leases are counted."""
    seen = _seen(connection, holder, now)
    if seen is not None:
        return seen
    present = shared_now(connection, now, set_by_hand=holder.clock_is_set)
    row = {"id": holder.id, "host": holder.host, "started_at": now, "seen_at": present}
    connection.execute(insert_missing(connection, worker), row)
    return present


def _seen(connection: sa.Connection, holder: Holder, now: datetime) -> datetime | None:
    """Note when a worker was seen; returns None where it is not known yet."""
    if is_shared(connection, set_by_hand=holder.clock_is_set):
        return connection.execute(_SEEN_THERE, {"_id": holder.id}).scalar()
    return now if _SEEN.write(connection, [{"_id": holder.id, "_now": now}]) else None


def leave(connection: sa.Connection, holder: Holder, *, now: datetime) -> None:
    """Forget a worker that ended well, and those that ended long ago."""
    present = shared_now(connection, now, set_by_hand=holder.clock_is_set)
    gone = sa.or_(worker.c.id == holder.id, worker.c.seen_at < present - _FORGOTTEN_AFTER)
    connection.execute(sa.delete(worker).where(gone))


def held(holder: Holder) -> sa.Select[tuple[str, int, int, str, str]]:
    """Return the messages that a worker has under way."""
    return _UNDER_WAY.where(message.c.worker == holder.id)


def orphans(
    connection: sa.Connection, holder: Holder, *, now: datetime, but: Collection[str] = ()
) -> sa.Select[tuple[str, int, int, str, str]]:
    """Return the messages under way that nobody will settle: their lease is over and their worker silent.

    A lease that has been over for as long as a worker may be silent ends also where its worker still lives: no request
    outlasts it. Those in `but` the asking worker, `holder`, will settle itself, whatever a clock has come to say.
    """
    present = shared_now(connection, now, set_by_hand=holder.clock_is_set)
    alive = sa.exists().where(worker.c.id == message.c.worker, worker.c.seen_at > present - SILENT_AFTER)
    long_over = message.c.lease_until <= present - SILENT_AFTER
    found = _UNDER_WAY.where(message.c.lease_until <= present, sa.or_(sa.not_(alive), long_over))
    return found.where(message.c.send_id.not_in(but)) if but else found
