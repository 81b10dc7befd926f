"""Engines for SQLite and PostgreSQL, each set up so that what is committed is kept and errors tell no rows."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from engine.errors import DatabaseError, SettingsError

BUSY_SECONDS = 30


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


_WRITERS = {"pool_size": 5, "pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
"""Whatever the server is set to: who has locked an address must see all that was committed before that."""


def _postgresql(url: sa.URL, *, read_only: bool) -> sa.Engine:
    url = url.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"poolclass": StaticPool} if read_only else dict(_WRITERS)
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
