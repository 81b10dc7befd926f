"""A database of its own for a rehearsal: up-to-date, empty, on SQLite, gone when it is done."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import schema
from engine.db import connect


@contextmanager
def scratch() -> Iterator[sa.Engine]:
    """Yield an engine over an empty database with all tables, in a folder that vanishes with it.

    Its commits do not wait for the disk: nobody would miss it after a crash.
    """
    with tempfile.TemporaryDirectory(prefix="lifecycle-scratch-") as folder:
        path = Path(folder) / "scratch.db"
        path.write_bytes(_empty())
        engine = connect(f"sqlite:///{path}")
        sa.event.listen(engine, "connect", _hurry)
        try:
            yield engine
        finally:
            engine.dispose()


@cache
def _empty() -> bytes:
    """Return a database file with up-to-date tables, made once: upgrading takes longer than many a rehearsal."""
    with tempfile.TemporaryDirectory(prefix="lifecycle-scratch-") as folder:
        path = Path(folder) / "empty.db"
        engine = connect(f"sqlite:///{path}")
        sa.event.listen(engine, "connect", _hurry)
        schema.upgrade(engine)
        engine.dispose()
        return path.read_bytes()


def _hurry(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's own connection)
    connection.execute("PRAGMA synchronous=OFF")
