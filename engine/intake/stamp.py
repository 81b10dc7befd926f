"""When something was learned: the clock, but never before a watermark, so that no tick has already passed it."""

from __future__ import annotations

import sqlalchemy as sa

from engine.clock import Clock, to_micros
from engine.models.tables import rule_state

_WATERMARK = sa.select(sa.func.max(sa.type_coerce(rule_state.c.watermark, sa.BigInteger)))


def stamp(connection: sa.Connection, clock: Clock) -> int:
    """Return the stamp of what this writing transaction learns, in microseconds UTC."""
    watermark: int | None = connection.execute(_WATERMARK).scalar_one()
    return max(to_micros(clock.now()), watermark or 0)
