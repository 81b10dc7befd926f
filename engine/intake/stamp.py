"""When something was learned: the clock, but never before a watermark, so that no tick has already passed it.

A tick looks a little way behind its watermark, for what was learned but not yet committed when the last one ran. So
what is learned must be committed soon after it was stamped, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from engine import forgotten
from engine.clock import Clock, monotonic, to_micros
from engine.db import writing
from engine.errors import DatabaseError
from engine.models.tables import rule_state

LONGEST = 25
"""How many seconds may pass from a stamp to its commit: less than the 30 that ticks look back (`evaluate.state`)."""
_BOUNDS = ("SET LOCAL lock_timeout = '20s'", f"SET LOCAL statement_timeout = '{LONGEST}s'")
_WATERMARK = sa.select(sa.func.max(sa.type_coerce(rule_state.c.watermark, sa.BigInteger)))


@contextmanager
def learning(
    engine: sa.Engine, clock: Clock, *, seconds: Callable[[], float] = monotonic
) -> Iterator[tuple[sa.Connection, int]]:
    """Open a transaction that learns facts; yield it with its stamp, in microseconds UTC.

    Raises DatabaseError, and nothing of it stays, where it takes longer than ticks look back. `seconds` is a clock that
    never goes back.
    """
    with writing(engine) as connection:
        for bound in _BOUNDS if connection.dialect.name == "postgresql" else ():
            connection.exec_driver_sql(bound)
        forgotten.hold_open(connection)
        began = seconds()
        yield connection, stamp(connection, clock)
        if seconds() - began > LONGEST:
            raise DatabaseError(
                f"storing a batch took longer than {LONGEST} seconds; nothing of it was stored: import the file again"
            )


def stamp(connection: sa.Connection, clock: Clock) -> int:
    """Return the stamp of what this writing transaction learns, in microseconds UTC."""
    watermark: int | None = connection.execute(_WATERMARK).scalar_one()
    return max(to_micros(clock.now()), watermark or 0)
