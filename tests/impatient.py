"""A database whose locks nobody waits for long: whoever would wait gets an error at once."""

from __future__ import annotations

import sqlalchemy as sa

from engine.db import connect


def impatient(url: str) -> sa.Engine:
    """Return an engine that waits for a lock a tenth of a second."""
    engine = connect(url)
    if engine.dialect.name == "postgresql":
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("SET lock_timeout = '100ms'"))
    else:
        sa.event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout = 100"))
    return engine
