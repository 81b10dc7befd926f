"""Connections to SQLite and PostgreSQL, and the column types that behave alike on both.

An instant is a BIGINT of microseconds since 1970 UTC and a calendar day is ISO text, so that comparing, adding and keys
come out the same in every database and session time zone (docs/decisions/0001).
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from engine.clock import from_micros, to_micros
from engine.errors import DatabaseError, SettingsError

BUSY_SECONDS = 30


class Instant(sa.TypeDecorator[datetime]):
    """An aware UTC datetime, stored as BIGINT microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002 (signature)
        """Turn an aware datetime into microseconds."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (signature)
        """Turn microseconds into an aware UTC datetime."""
        return _instant(value)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:  # noqa: ANN401, ARG002 (SQLAlchemy's own)
        """Return what turns each value: the same, without SQLAlchemy's wrapping, which takes longer than the work."""
        return _instant


def _instant(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


class Day(sa.TypeDecorator[date]):
    """A calendar day, stored as ISO text of ten characters."""

    impl = sa.String(10).with_variant(sa.String(10, collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: date | str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 (signature)
        """Turn a date into ISO text."""
        return value.isoformat() if isinstance(value, date) else value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> date | None:  # noqa: ARG002 (signature)
        """Turn ISO text into a date."""
        return None if value is None else date.fromisoformat(value)


Key = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""Ids and comparison keys: sorted by code point on both databases."""

Json = sa.JSON().with_variant(JSONB(), "postgresql")
"""A JSON object; JSONB on PostgreSQL."""


def connect(url: str, *, read_only: bool = False) -> sa.Engine:
    """Return an engine for `url`; with `read_only` the database itself refuses writes outside temporary tables.

    A read-only engine keeps one connection, because temporary tables belong to a connection. Raises SettingsError for a
    URL that is not one of SQLite or PostgreSQL.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, read_only=read_only)
    return _postgresql(parsed, read_only=read_only)


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        message = "database_url is not a URL; write sqlite:///path.db or postgresql://user@host/name"
        raise SettingsError(message) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        message = f"database_url is for {parsed.get_backend_name()}; the engine runs on sqlite and postgresql"
        raise SettingsError(message)
    return parsed


def _sqlite(url: sa.URL, *, read_only: bool) -> sa.Engine:
    options: dict[str, Any] = {
        "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 1024}
    }
    if read_only:
        url = sa.URL.create("sqlite", database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    if read_only or url.database in {None, "", ":memory:"}:
        options["poolclass"] = StaticPool
    engine = sa.create_engine(url, hide_parameters=True, **options)

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        pragmas = ["foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}", "temp_store=MEMORY", "cache_size=-32768"]
        pragmas += ["case_sensitive_like=ON"]  # as on PostgreSQL: what ignores case is compared by its key
        pragmas += [] if read_only else ["journal_mode=WAL", "synchronous=FULL"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    if "poolclass" not in options:
        _leave_replaced_files(engine)
    return engine


def _leave_replaced_files(engine: sa.Engine) -> None:
    """Connect anew where another file was put in the place of the database: the old one would be written for nobody.

    A file that was taken away is not made anew, since a backup may be on its way into its place.
    """
    path, opened = Path(engine.url.database or ""), threading.Event()

    def refuse(*_connecting: object) -> None:
        if opened.is_set() and not path.exists():
            raise DatabaseError(f"the database {path} is gone; put it back, or stop this program")

    def remember(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        opened.set()
        record.info["file"] = path.stat().st_ino

    def compare(_connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if not path.exists() or record.info["file"] != path.stat().st_ino:
            raise DisconnectionError

    event.listen(engine, "do_connect", refuse)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


_NOTICES = {"connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "tcp_user_timeout": 30_000}
"""What lets a server that cannot be reached any more be noticed within half a minute, not after hours."""


def _postgresql(url: sa.URL, *, read_only: bool) -> sa.Engine:
    url = url.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"poolclass": StaticPool} if read_only else {"pool_size": 5, "pool_pre_ping": True}
    try:
        given = {"prepare_threshold": 1, **_NOTICES}
        engine = sa.create_engine(url, hide_parameters=True, connect_args=given, **options)
    except ModuleNotFoundError:
        message = "PostgreSQL needs its driver; install it with: pip install 'lifecycle-engine[postgres]'"
        raise SettingsError(message) from None
    event.listen(engine, "handle_error", _without_details)
    return engine


def _without_details(context: sa.engine.ExceptionContext) -> None:
    """Leave of an error its first line: the details of PostgreSQL quote whole rows, and errors go into logs."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that will write; on SQLite it takes the write lock at once (BEGIN IMMEDIATE).

    Raises DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    with _explained(engine), engine.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that only reads, over one snapshot.

    Raises DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    with _explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection outside any transaction, for statements that must run in none, such as VACUUM.

    Raises DatabaseError in one sentence when the database is locked, missing or out of reach.
    """
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    with _explained(engine), engine.connect().execution_options(**options) as connection:
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
    with writing(engine) as connection:
        by_keys(connection)
        yield connection


def by_keys(connection: sa.Connection) -> None:
    """Keep PostgreSQL, for the rest of a transaction, from reading a table whole to find a few of its rows.

    It would where a table is small or its statistics are old, and keep such a plan when the table has grown.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")


@contextmanager
def passing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that only reads, a part of everybody at a time.

    PostgreSQL plans each statement for its part: a plan for whatever part may come reads far too much. Raises
    DatabaseError as `reading` does.
    """
    with reading(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
        yield connection


def insert_missing(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    """Return an INSERT that leaves alone what is already there by any of the table's keys."""
    return _insert_missing(connection.dialect.name, table)


@lru_cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Insert:
    if dialect == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    return postgresql_insert(table).on_conflict_do_nothing()


@contextmanager
def _explained(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise DatabaseError(_explain(engine, str(error.orig))) from error
    except sa.exc.DatabaseError as error:
        if not any(re.search(known, str(error.orig)) for known, _ in _EXPLAINED):
            raise
        raise DatabaseError(_explain(engine, str(error.orig))) from error


_EXPLAINED = (
    (
        r"no such (table|column)|(relation|column) \S+ does not exist",
        "has no up-to-date tables; run `lifecycle db upgrade`",
    ),
    (r"unable to open", "cannot be opened; run `lifecycle init`, or correct database_url"),
    (r"is not a database|malformed", "is not a sound SQLite database; correct database_url, or restore a backup"),
    (r"readonly database|read-only transaction", "may only be read; correct its permissions, or database_url"),
    (r"(lock|statement) timeout", "was kept waiting by another program for too long; nothing was written: try again"),
    (r"database \S+ does not exist", "does not exist; create it, then run `lifecycle db upgrade`"),
)
"""Words of the databases' own errors, and what they mean to an operator."""


def _explain(engine: sa.Engine, words: str) -> str:
    name = engine.url.render_as_string(hide_password=True)
    if "locked" in words or "busy" in words:
        return f"{name} was locked by another program for {BUSY_SECONDS} seconds; end it, or try again"
    meant = (meaning for known, meaning in _EXPLAINED if re.search(known, words))
    sentence = next(meant, "")
    return f"{name} {sentence}" if sentence else f"{name}: {words.strip().splitlines()[0]}"
