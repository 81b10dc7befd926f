"""A witness is a file outside the database that notices when the database knows less than it once did."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sending import NOW

from engine import witness
from engine.db import reading, writing
from engine.models.tables import witness as witnesses
from engine.witness import Restored, Span, Witness

MINUTE = timedelta(minutes=1)


def write(engine: sa.Engine, one: Witness, minutes: int = 0) -> None:
    """Count a claim, in the database and then in the file."""
    at = NOW + minutes * MINUTE
    with writing(engine) as connection:
        one.write(connection, now=at)
    one.keep(at)


def set_back(engine: sa.Engine, by: int) -> None:
    """Let the database forget so many claims of every witness; all of them where it is 0."""
    forgotten = sa.update(witnesses).values(sequence=witnesses.c.sequence - by) if by else sa.delete(witnesses)
    with writing(engine) as connection:
        connection.execute(forgotten)


def behind(engine: sa.Engine, one: Witness) -> bool:
    """Say whether the database is behind any witness of this folder."""
    with reading(engine) as connection:
        return one.behind(connection)


def test_each_worker_has_a_slot_of_its_own(database: sa.Engine, tmp_path: Path) -> None:
    """Two at a time have two; what was given back is taken again, and remembers."""
    first, second = witness.opened(database, tmp_path), witness.opened(database, tmp_path)
    assert first.slot.path != second.slot.path
    write(database, first)
    known = first.slot.kept
    first.close()
    again = witness.opened(database, tmp_path)
    assert (again.slot.path, again.slot.kept) == (first.slot.path, known)
    again.close()
    second.close()


def test_database_and_file_count_alike(database: sa.Engine, tmp_path: Path) -> None:
    """Claim after claim, also after a new start."""
    for number in range(1, 4):
        one = witness.opened(database, tmp_path)
        write(database, one)
        assert not behind(database, one)
        one.close()
        with reading(database) as connection:
            assert connection.scalars(sa.select(witnesses.c.sequence)).all() == [number]


@pytest.mark.parametrize("by", [1, 2, 0])
def test_a_database_that_knows_less_was_restored(database: sa.Engine, tmp_path: Path, by: int) -> None:
    """By one claim, by several, or of a time before the witness: nothing is counted in it."""
    one = witness.opened(database, tmp_path)
    write(database, one)
    write(database, one)
    set_back(database, by)
    assert behind(database, one)
    with pytest.raises(Restored):
        write(database, one)
    with reading(database) as connection:
        assert [row.sequence for row in connection.execute(sa.select(witnesses))] == ([2 - by] if by else [])
    one.close()


def test_witnesses_that_nobody_holds_are_heard(database: sa.Engine, tmp_path: Path) -> None:
    """Where eight workers sent yesterday and one runs today, the files of the others count too."""
    many = [witness.opened(database, tmp_path) for _ in range(3)]
    write(database, many[2])
    for one in many:
        one.close()
    set_back(database, 0)
    only = witness.opened(database, tmp_path)
    assert only.slot.path == many[0].slot.path
    assert behind(database, only)
    only.close()


def test_a_commit_whose_answer_was_lost_is_no_restoration(database: sa.Engine, tmp_path: Path) -> None:
    """The database counted one claim more than the file: the worker goes on from there."""
    one = witness.opened(database, tmp_path)
    write(database, one)
    with writing(database) as connection:
        one.write(connection, now=NOW)
    write(database, one)
    with reading(database) as connection:
        assert connection.scalars(sa.select(witnesses.c.sequence)).all() == [one.slot.kept.sequence] == [3]
    one.close()


@pytest.mark.parametrize(("declared", "noticed"), [(5, False), (1, True)])
def test_a_declared_restoration_explains_what_was_seen_before(
    database: sa.Engine, tmp_path: Path, *, declared: int, noticed: bool
) -> None:
    """Witnesses of any host go on where all they saw lies before it; what they saw later tells of another one."""
    one = witness.opened(database, tmp_path)
    write(database, one, minutes=3)
    set_back(database, 0)
    with writing(database) as connection:
        witness.declare(connection, Span(from_at=NOW, until_at=NOW + declared * MINUTE), by="ana")
    assert behind(database, one) == noticed
    if not noticed:
        write(database, one, minutes=6)
        assert one.slot.kept.sequence == 2
        set_back(database, 1)
        assert behind(database, one)
    one.close()


@pytest.mark.parametrize("text", [b"", b"nonsense", b"\x00" * 75])
def test_a_spoiled_file_witnesses_nothing(database: sa.Engine, tmp_path: Path, text: bytes) -> None:
    """It begins anew, under a new id, and raises no false alarm."""
    one = witness.opened(database, tmp_path)
    write(database, one)
    one.close()
    one.slot.path.write_bytes(text)
    again = witness.opened(database, tmp_path)
    assert again.slot.kept.sequence == 0
    assert again.slot.kept.id != one.slot.kept.id
    assert not behind(database, again)
    write(database, again)
    again.close()


def test_another_database_has_other_files(database: sa.Engine, tmp_path: Path) -> None:
    """Two installations may share a folder."""
    one = witness.opened(database, tmp_path)
    write(database, one)
    one.close()
    with writing(database) as connection:
        connection.execute(sa.text("UPDATE installation SET database_id = 'other'"))
    set_back(database, 0)
    other = witness.opened(database, tmp_path)
    assert not behind(database, other)
    other.close()
