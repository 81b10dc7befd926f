"""The clock by which heartbeats and leases are written and judged: that of the database, where many hosts share one.

The clocks of hosts differ, by hours where one is set wrong: judged by another's, a worker that lives would look silent.
SQLite has one machine and therefore one clock. Where a clock is set by hand (simulations, tests), it alone tells.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.db import Instant

_SECOND = 1_000_000
DATABASES = sa.type_coerce(sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * _SECOND, sa.BigInteger), Instant())
"""The present instant by PostgreSQL's clock, not by the beginning of a transaction."""
_ASKED = sa.select(DATABASES)


def is_shared(connection: sa.Connection, *, set_by_hand: bool) -> bool:
    """Say whether the database's clock counts, not our own."""
    return connection.dialect.name == "postgresql" and not set_by_hand


def shared_now(connection: sa.Connection, now: datetime, *, set_by_hand: bool) -> datetime:
    """Return the present instant by the clock that counts; `now` is our own."""
    if not is_shared(connection, set_by_hand=set_by_hand):
        return now
    return connection.execute(_ASKED).scalar_one()
