"""A copy of the SQLite database while it is in use."""

from __future__ import annotations

import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from engine.app.opened import App
from engine.errors import DatabaseError, UsageError


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What was written, and its size in bytes."""

    path: Path
    size: int


def backup(app: App, path: Path) -> Backup:
    """Write a whole copy as of one instant; others go on reading and writing meanwhile.

    The file is there complete or not at all. Raises UsageError where it exists or the database is no SQLite file, and
    DatabaseError where it cannot be written.
    """
    _require_sqlite(app)
    if path.exists():
        raise UsageError(f"{path} exists, and a backup is never overwritten; name another file")
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _copy(app, unfinished)
        unfinished.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise DatabaseError(f"{path} cannot be written ({error.strerror})") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return Backup(path=path, size=path.stat().st_size)


def _require_sqlite(app: App) -> None:
    if app.database.dialect.name != "sqlite":
        raise UsageError("this database is PostgreSQL: back it up with `pg_dump --format=custom`")


def _copy(app: App, path: Path) -> None:
    """Copy page by page within one snapshot, so that a writer neither waits nor is half in it; then flush it."""
    path.touch(0o600)
    connection = app.database.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(path),))
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be written: {error}") from None
    finally:
        connection.close()
    _flush(path)


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
