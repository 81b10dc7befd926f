"""What was forgotten on purpose and must not be learned again: erased ids, and events older than are kept.

Whoever learns holds the door open (`hold_open`) while what it learns is not committed; whoever forgets shuts it
(`shut`) and so waits for them. So nothing that was erased comes back by an import that was under way. On SQLite the
write transaction itself is the door.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from engine.clock import to_micros
from engine.hashing import id_hash
from engine.models.tables import erased, installation

_THE_ONE = sa.select(sa.type_coerce(installation.c.events_kept_from, sa.BigInteger)).where(installation.c.id == 1)
_ANY = sa.select(sa.exists(sa.select(sa.literal_column("1")).select_from(erased)))
_AT_ONCE = 500


def hold_open(connection: sa.Connection) -> int | None:
    """Keep whoever forgets waiting until this transaction ends; return from when events are kept (µs)."""
    door = _THE_ONE if _simulated(connection) else _THE_ONE.with_for_update(read=True)
    return connection.scalars(door).first()


def _simulated(connection: sa.Connection) -> bool:
    """Say whether only temporary tables are written, as in a dry run: nobody is erased there."""
    postgresql = connection.dialect.name == "postgresql"
    return postgresql and connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"


def shut(connection: sa.Connection) -> None:
    """Wait for all who learn, and keep them waiting until this transaction ends."""
    connection.execute(_THE_ONE.with_for_update())


def keep_events_from(connection: sa.Connection, at: datetime) -> bool:
    """Keep no events before an instant from now on; returns whether that is news. What was given up stays so."""
    shut(connection)
    before = connection.scalars(_THE_ONE).first()
    if before is not None and before >= to_micros(at):
        return False
    connection.execute(sa.update(installation).values(events_kept_from=at))
    return True


def erased_among(connection: sa.Connection, ids: Iterable[str], secret: str) -> frozenset[str]:
    """Return those of these ids that were erased; where nobody ever was, no hash is computed."""
    if not secret or not connection.execute(_ANY).scalar_one():
        return frozenset()
    hashes = {id_hash(id_, secret): id_ for id_ in ids}
    keys, found = list(hashes), set[str]()
    for start in range(0, len(keys), _AT_ONCE):
        some = erased.c.id_hash.in_(keys[start : start + _AT_ONCE])
        found |= {hashes[each] for each in connection.scalars(sa.select(erased.c.id_hash).where(some))}
    return frozenset(found)
