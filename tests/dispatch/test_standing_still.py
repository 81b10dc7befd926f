"""A worker that is stopped within a transaction keeps nobody waiting for long: PostgreSQL ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from engine import recipients
from engine.db import transactions, writing
from engine.errors import DatabaseError
from engine.models.tables import recipient
from engine.outbox.leases import SILENT_AFTER

KEY = "0" * 64


@pytest.fixture
def postgresql(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A PostgreSQL that ends what stands still after a second."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite is for one process")
    monkeypatch.setattr(transactions, "STANDS_STILL", 1)
    return database


@contextmanager
def standing_still(database: sa.Engine, within: Callable[[sa.Connection], None]) -> Iterator[list[str]]:
    """Let another program stand still within a transaction as long as the block lasts; yields what it is told then."""
    told: list[str] = []
    begun, over = threading.Event(), threading.Event()

    def stand() -> None:
        try:
            with writing(database) as connection:
                within(connection)
                begun.set()
                over.wait()
                within(connection)
        except DatabaseError as error:
            told.append(str(error))

    thread = threading.Thread(target=stand)
    thread.start()
    begun.wait()
    try:
        yield told
    finally:
        over.set()
        thread.join()


def lock(connection: sa.Connection) -> None:
    """Lock a recipient, as a claim, a settling and a no do."""
    recipients.lock(connection, [KEY])


def insert(connection: sa.Connection) -> None:
    """Write a row whose key another writes too, as two that prepare the same mail do."""
    connection.execute(sa.insert(recipient).values(address_hash=KEY))


@contextmanager
def _patient(database: sa.Engine) -> Iterator[sa.Connection]:
    """Write as others do, but give up in the end."""
    with writing(database) as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        yield connection


@pytest.mark.parametrize("within", [lock, insert])
def test_what_a_stopped_program_holds_is_free_again(
    postgresql: sa.Engine, within: Callable[[sa.Connection], None]
) -> None:
    """Another takes the lock, or writes the row, although the one that had it never ended its transaction."""
    with standing_still(postgresql, within):
        with _patient(postgresql) as connection:
            within(connection)
        assert _rows(postgresql) == 1


def _rows(database: sa.Engine) -> int:
    with database.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(recipient)).scalar_one()


def test_who_stood_still_is_told_so_in_one_sentence(postgresql: sa.Engine) -> None:
    """What it did is undone, and it may try again."""
    with standing_still(postgresql, lock) as told, _patient(postgresql) as connection:
        lock(connection)
    assert len(told) == 1
    assert "stood still; nothing was written: try again" in told[0]


def test_it_is_ended_before_its_worker_is_silent() -> None:
    """Whoever waits for it goes on before the silence is over after which others take its messages."""
    assert SILENT_AFTER.total_seconds() > transactions.STANDS_STILL
