"""A worker's witness: it counts the claims in the database and, once they are committed, in a file beside it."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import structlog

from engine.db import insert_missing, writing
from engine.models.tables import installation, witness
from engine.witness.restoration import spans
from engine.witness.slot import Kept, Slot, kept, take

log = structlog.get_logger("lifecycle")


class Restored(Exception):  # noqa: N818 (what happened, not what went wrong with the program)
    """The database knows less than a witness: it was restored from an earlier state."""


@dataclass(kw_only=True)
class Witness:
    """What one worker has seen; used from one thread."""

    slot: Slot
    folder: Path
    database_id: str
    host: str = field(default_factory=socket.gethostname)
    _written: int = 0

    def write(self, connection: sa.Connection, *, now: datetime) -> None:
        """Count a claim as the last statement of its transaction; raises Restored where the database is behind."""
        known = self.slot.kept
        self._written = known.sequence + 1
        if _raise(connection, known.id, known.sequence, self._written, now):
            return
        standing = connection.scalar(sa.select(witness.c.sequence).where(witness.c.id == known.id))
        if standing is None:
            _require_new(connection, known)
            row = {"id": known.id, "host": self.host, "sequence": self._written, "seen_at": now}
            connection.execute(insert_missing(connection, witness), row)
            return
        if standing < known.sequence:
            _require_new(connection, known)
        self._written = max(standing, known.sequence) + 1
        _raise(connection, known.id, standing, self._written, now)

    def keep(self, now: datetime) -> None:
        """Write into the file what has been committed, before any request starts."""
        try:
            self.slot.write(self._written, now)
        except OSError as error:
            log.warning("a witness cannot be written", path=str(self.slot.path), reason=str(error))

    def behind(self, connection: sa.Connection) -> bool:
        """Say whether any witness of this host has seen more than the database knows."""
        return bool(ahead(connection, kept(self.folder, self.database_id)))

    def close(self) -> None:
        """Give the slot back."""
        self.slot.close()


def opened(engine: sa.Engine, folder: Path) -> Witness:
    """Return a witness with a slot of its own; raises OSError where the folder cannot be written."""
    database_id = _database_id(engine)
    return Witness(slot=take(folder, database_id), folder=folder, database_id=database_id)


def ahead(connection: sa.Connection, seen: Iterable[Kept]) -> tuple[Kept, ...]:
    """Return those of these witnesses that have seen more than the database knows, and that nobody has declared."""
    known = {row.id: row.sequence for row in connection.execute(sa.select(witness.c.id, witness.c.sequence))}
    more = [each for each in seen if each.sequence > known.get(each.id, 0)]
    return tuple(each for each in more if not _declared(connection, each))


def _require_new(connection: sa.Connection, known: Kept) -> None:
    if known.sequence and not _declared(connection, known):
        raise Restored


def _declared(connection: sa.Connection, known: Kept) -> bool:
    """Say whether what a witness saw last lies in a span that was declared lost."""
    return any(known.at <= each.until_at for each in spans(connection))


def _raise(connection: sa.Connection, id_: str, was: int, to: int, now: datetime) -> bool:
    mine = sa.and_(witness.c.id == id_, witness.c.sequence == was)
    return connection.execute(sa.update(witness).where(mine).values(sequence=to, seen_at=now)).rowcount == 1


def _database_id(engine: sa.Engine) -> str:
    """Return which database this is; a copy of it has the same id."""
    with writing(engine) as connection:
        new = {"id": 1, "database_id": uuid.uuid4().hex}
        connection.execute(insert_missing(connection, installation), new)
        return str(connection.execute(sa.select(installation.c.database_id)).scalar_one())
