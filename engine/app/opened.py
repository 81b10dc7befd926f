"""An open workspace: its settings and its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from engine import schema
from engine.clock import Clock, SystemClock
from engine.db import connect
from engine.errors import DatabaseError
from engine.settings import Settings


@dataclass(frozen=True, kw_only=True)
class App:
    """What the commands work on; `clock` is the machine's own but in simulations and tests."""

    settings: Settings
    database: sa.Engine
    clock: Clock = field(default_factory=SystemClock)


@contextmanager
def opened(settings: Settings) -> Iterator[App]:
    """Open the workspace's database and close it afterwards.

    Raises SettingsError for a URL that is none, and DatabaseError for a database that is missing, out of reach or old.
    """
    database = connect(settings.database_url.get_secret_value())
    _require_file(database.url)
    try:
        schema.require_current(database)
        yield App(settings=settings, database=database)
    finally:
        database.dispose()


def _require_file(url: sa.URL) -> None:
    """Refuse a SQLite file that is not there, since opening it would make an empty one."""
    if (
        url.get_backend_name() == "sqlite"
        and url.database
        and url.database != ":memory:"
        and not Path(url.database).exists()
    ):
        raise DatabaseError(f"the database {url.database} does not exist; make it with `lifecycle db upgrade`")
