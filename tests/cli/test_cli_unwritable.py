"""A database that cannot be written: no lane can be told so, and `status` says it all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.db import alone


@pytest.fixture
def standby(database: sa.Engine) -> Iterator[sa.Engine]:
    """A PostgreSQL database that takes no writes, as one that another has taken the place of."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has no such setting")
    _set(database, "on")
    yield database
    _set(database, "off")


def _set(database: sa.Engine, value: str) -> None:
    with alone(database) as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        name = str(database.url.database)
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
    database.dispose()


def test_a_standby_is_named(lifecycle: Lifecycle, standby: sa.Engine) -> None:
    """Reading works, so everything else looks well."""
    assert "the database cannot be written: the server takes no writes" in lifecycle.ok("status").out


def test_a_full_disk_is_named(lifecycle: Lifecycle, database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found without a write, which would have to wait for whoever is writing."""
    if database.dialect.name != "sqlite":
        pytest.skip("the disk of a server is not ours to look at")
    assert lifecycle.ok("status", "--json").json["unwritable"] is None
    full = disk_usage("/")._replace(free=4096)
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    assert "the database cannot be written: its disk is full" in lifecycle.ok("status").out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_of_another_user_is_named(lifecycle: Lifecycle, database: sa.Engine) -> None:
    """As where a backup was put back by root."""
    if database.dialect.name != "sqlite":
        pytest.skip("only SQLite is a file")
    Path(str(database.url.database)).chmod(0o444)
    assert lifecycle.ok("status", "--json").json["unwritable"] is not None
