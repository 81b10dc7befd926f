"""Transactions: to write, to read, to decide about few, to pass over everybody, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeVar

import sqlalchemy as sa

from engine.clock import rest
from engine.db.explaining import explained
from engine.errors import CollisionError

T = TypeVar("T")
_LET_PASS = (0.1, 0.5)
"""Seconds between attempts."""
STANDS_STILL = 30
"""Seconds after which PostgreSQL ends a transaction that writes and whose program does nothing: it may be stopped."""
_STANDS_STILL = {"idle_in_transaction_session_timeout": f"{STANDS_STILL}s"}
_BY_KEYS = {"enable_seqscan": "off"}
_FOR_ITS_PART = {"plan_cache_mode": "force_custom_plan"}


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that will write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE).

    On PostgreSQL nobody waits long for the locks of a program that was stopped within it: the server ends it. Raises
    DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    with _begun(engine, _STANDS_STILL) as connection:
        yield connection


@contextmanager
def _begun(engine: sa.Engine, settings: Mapping[str, str]) -> Iterator[sa.Connection]:
    with explained(engine), engine.connect().execution_options(immediate=True) as connection, connection.begin():
        _set(connection, settings)
        yield connection


def written(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Do something in a transaction of `writing`, some more times where it and another waited for each other.

    `work` must leave no trace but in the database. Raises DatabaseError as `writing` does.
    """
    for pause in _LET_PASS:
        with suppress(CollisionError), writing(engine) as connection:
            return work(connection)
        rest(pause)  # or the other, who has just been let through, may find us in its way again
    with writing(engine) as connection:
        return work(connection)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that only reads, over one snapshot.

    Raises DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    with explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection outside any transaction, for statements that must run in none, such as VACUUM.

    Raises DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    with explained(engine), engine.connect().execution_options(**options) as connection:
        if engine.dialect.name != "sqlite":
            yield connection
            return
        connection.exec_driver_sql("COMMIT")  # SQLAlchemy has begun one, as it always does
        try:
            yield connection
        finally:
            connection.exec_driver_sql("BEGIN")


@contextmanager
def deciding(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that will write about few subjects, who are found by keys alone; else as `writing` does."""
    with _begun(engine, _STANDS_STILL | _BY_KEYS) as connection:
        yield connection


def by_keys(connection: sa.Connection) -> None:
    """Keep PostgreSQL, for the rest of a transaction, from reading a table whole to find a few of its rows.

    It would where a table is small or its statistics are old, and keep such a plan when the table has grown.
    """
    _set(connection, _BY_KEYS)


@contextmanager
def passing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that only reads, a part of everybody at a time.

    PostgreSQL plans each statement for its part: a plan for whatever part may come reads far too much. Raises
    DatabaseError as `reading` does.
    """
    with reading(engine) as connection:
        _set(connection, _FOR_ITS_PART)
        yield connection


def _set(connection: sa.Connection, settings: Mapping[str, str]) -> None:
    """Set what PostgreSQL does otherwise until the transaction ends, in one statement."""
    if connection.dialect.name == "postgresql":
        each = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
        connection.exec_driver_sql(f"SELECT {each}")
