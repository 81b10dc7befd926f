"""The pages of the file: what was deleted must not stay readable in it, in its log or in its free pages."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.db import alone, writing
from engine.errors import DatabaseError
from engine.models.tables import erased
from engine.privacy.holdings import HOLDINGS

TRIES = 3


def vacuum(engine: sa.Engine, *, now: datetime) -> int:
    """Write the database's dead pages over; returns how many erasures that concludes.

    On SQLite it rewrites the whole file and empties its log, and other programs wait meanwhile; on PostgreSQL it
    vacuums the touched tables beside everybody else. Raises DatabaseError where others do not let the file go.
    """
    if engine.dialect.name == "sqlite":
        _sqlite(engine)
    else:
        with alone(engine) as connection:
            for name in sorted({holding.table.name for holding in HOLDINGS} | {erased.name}):
                connection.exec_driver_sql(f'VACUUM "{name}"')
    with writing(engine) as connection:
        done = sa.update(erased).where(erased.c.settled_at.is_(None), erased.c.left.is_(sa.null()))
        return connection.execute(done.values(settled_at=now)).rowcount


def _sqlite(engine: sa.Engine) -> None:
    engine.dispose()  # this process's own idle connections must not hold on to old pages
    with alone(engine) as connection:
        _empty_log(connection)
        connection.exec_driver_sql("VACUUM")
        _empty_log(connection)


def _empty_log(connection: sa.Connection) -> None:
    for _ in range(TRIES):
        busy, *_sizes = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy:
            return
    raise DatabaseError(
        "other programs keep reading the database, so its log still holds what was deleted; "
        "`lifecycle upkeep` concludes the erasure once they let go"
    )
