"""The log of events: a batch goes in as a whole, what is there already stays as it is, and kept facts follow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from engine import forgotten
from engine.clock import Clock
from engine.intake.bulk import Upsert, given, with_rows
from engine.intake.event_rows import EventRow
from engine.intake.kept import Stored, keep
from engine.intake.ordinals import Ordinals
from engine.intake.stamp import learning
from engine.intake.taken import Taken
from engine.models.tables import customer, event

DIGEST_BYTES = 12

_ids, (_id,) = given(str)
_CUSTOMERS = (
    sa.select(customer.c.id, sa.type_coerce(customer.c.last_seen_at, sa.BigInteger))
    .where(customer.c.id.in_(sa.select(_id).select_from(_ids)))
    .order_by(customer.c.id)
    .with_for_update()
)
_keys, (_customer_id, _event_id) = given(str, str)
_KNOWN = sa.select(event.c.customer_id, event.c.id).join_from(
    _keys, event, sa.and_(event.c.customer_id == _customer_id, event.c.id == _event_id)
)
_CREATE = Upsert(table=customer, columns=("id", "created_at", "changed_at"))
_WRITE = Upsert(table=event, columns=("customer_id", "id", "name", "at", "received_at", "properties", "keys"))


def digest(row: EventRow) -> str:
    """Return what an event without an id of its own is known by: a hash of all that its row says."""
    said = f"{row.customer_id}\x1f{row.name}\x1f{row.at}\x1f{row.properties or ''}"
    return hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest()


def identify(rows: Sequence[EventRow], ordinals: Ordinals) -> list[str]:
    """Return each row's event id: its own, else the hash of the row and, from its second appearance on, the ordinal."""
    hashed = [digest(row) for row in rows if row.id is None]
    numbered = zip(hashed, ordinals.number(hashed), strict=True)
    made = iter([f"{hash_}-{ordinal}" if ordinal else hash_ for hash_, ordinal in numbered])
    return [row.id or next(made) for row in rows]


def store(engine: sa.Engine, rows: Sequence[EventRow], ids: Sequence[str], *, clock: Clock, secret: str) -> Taken:
    """Store a batch of events in one transaction; return what was taken. Customers not yet known are created.

    `secret` is the key of the hashes of erased ids.
    """
    with learning(engine, clock) as (connection, learned):
        kept_from = forgotten.hold_open(connection)
        gone = forgotten.erased_among(connection, {row.customer_id for row in rows}, secret)
        refused = Taken(0, gone, kept_from)
        rows, ids = _wanted(rows, ids, refused)
        seen = _lock(connection, sorted({row.customer_id for row in rows}), learned)
        known = _known(
            connection, [(row[0], id_) for row, id_ in zip(rows, ids, strict=True) if seen[row[0]] is not None]
        )
        new = _new(rows, ids, known, learned)
        _WRITE(connection, new)
        keep(connection, new, seen=seen, stamp=learned)
    return refused._replace(news=len(new))


def _wanted(rows: Sequence[EventRow], ids: Sequence[str], refused: Taken) -> tuple[Sequence[EventRow], Sequence[str]]:
    """Leave out what must not be learned again."""
    if not refused.erased and refused.kept_from is None:
        return rows, ids
    both = [each for each in zip(rows, ids, strict=True) if not refused.refusal(each[0].customer_id, each[0].at)]
    return [row for row, _ in both], [id_ for _, id_ in both]


def _new(rows: Iterable[EventRow], ids: Iterable[str], known: set[tuple[str, str]], learned: int) -> list[Stored]:
    """Return the rows to be stored: of those with one id the first, and none later than now."""
    new = []
    for (who, _, name, at, properties, keys, _row), id_ in zip(rows, ids, strict=True):
        if (who, id_) not in known:
            known.add((who, id_))
            new.append((who, id_, name, min(at, learned), learned, properties, keys))
    return new


def _lock(connection: sa.Connection, who: Sequence[str], learned: int) -> dict[str, int | None]:
    """Lock the customers' rows, in the order of their ids, creating those that are missing; return when they were seen.

    SQLite has one writer, so there the missing ones are created later, together with the time they were seen.
    """
    keys = [(customer_id,) for customer_id in who]
    if connection.dialect.name != "sqlite":
        _CREATE(connection, [(customer_id, learned, learned) for customer_id in who])
    found = dict(with_rows(connection, _CUSTOMERS, keys).tuples().all())
    return {customer_id: found.get(customer_id) for customer_id in who}


def _known(connection: sa.Connection, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(who, id_) for who, id_ in with_rows(connection, _KNOWN, keys)} if keys else set()
