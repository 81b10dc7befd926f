"""Transactions that began before an erasure and may still write what they saw then: PostgreSQL has them, SQLite not."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from engine.clock import monotonic
from engine.db import reading
from engine.errors import DatabaseError

LONGEST = 60.0
_EVERY = 0.05
_NEXT = sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_OLDER = sa.text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
    "AND age(backend_xmin) > pg_snapshot_xmax(pg_current_snapshot())::text::bigint - :mark"
)


def wait_for_older(engine: sa.Engine, *, seconds: float = LONGEST) -> None:
    """Wait until no transaction is open that began before now; raises DatabaseError where one stays open for long."""
    if engine.dialect.name != "postgresql":
        return
    with reading(engine) as connection:
        mark = connection.execute(_NEXT).scalar_one()
    until, pause = monotonic() + seconds, threading.Event()
    while _older(engine, mark):
        if monotonic() > until:
            raise DatabaseError(
                "another program keeps a transaction open that began before the erasure; end it, then erase again: "
                "what is done so far stays done"
            )
        pause.wait(_EVERY)


def _older(engine: sa.Engine, mark: int) -> bool:
    with reading(engine) as connection:
        return bool(connection.execute(_OLDER, {"mark": mark}).scalar_one())
