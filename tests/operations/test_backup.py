"""`lifecycle db backup`: a whole copy while others write, never over another file."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import app, everything, people

from engine.app import App
from engine.app.backup import backup
from engine.db import connect, writing
from engine.errors import DatabaseError, UsageError
from engine.models.tables import zone


@pytest.fixture
def opened(sqlite_template: Path, tmp_path: Path) -> Iterator[App]:
    """A company with customers, on SQLite."""
    shutil.copy(sqlite_template, tmp_path / "lifecycle.db")
    database = connect(f"sqlite:///{tmp_path / 'lifecycle.db'}")
    people(database)
    yield app(database, tmp_path / "ws")
    database.dispose()


def test_a_backup_holds_everything(opened: App, tmp_path: Path) -> None:
    """Each row of each table is in the copy, which is sound and readable by its owner alone."""
    done = backup(opened, tmp_path / "copy.db")
    assert (done.size, done.path.stat().st_mode & 0o077) == (done.path.stat().st_size, 0)
    copy = connect(f"sqlite:///{done.path}")
    try:
        assert everything(copy) == everything(opened.database)
    finally:
        copy.dispose()
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_backup_is_of_one_instant_while_others_write(opened: App, tmp_path: Path) -> None:
    """Pairs of rows that are always written together are in the copy together."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with writing(opened.database) as connection:
                connection.execute(sa.insert(zone), [{"name": f"a{number}"}, {"name": f"b{number}"}])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup(opened, tmp_path / f"{number}.db").path for number in range(3)]
    finally:
        stop.set()
        writer.join()
    for path in copies:
        with sqlite3.connect(path) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM zone")}
        connection.close()
        assert {name[1:] for name in names if name[0] == "a"} == {name[1:] for name in names if name[0] == "b"}


def test_a_backup_never_overwrites(opened: App, tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(UsageError, match="never overwritten"):
        backup(opened, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(opened: App, tmp_path: Path) -> None:
    """One sentence, and nothing is left behind."""
    with pytest.raises(DatabaseError, match="cannot be written"):
        backup(opened, tmp_path / "none" / "copy.db")


def test_postgresql_is_sent_to_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL the sentence names pg_dump."""
    database = connect(postgres_url)
    try:
        with pytest.raises(UsageError, match="pg_dump"):
            backup(app(database, tmp_path), tmp_path / "copy.db")
    finally:
        database.dispose()
