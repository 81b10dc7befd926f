"""A simulation's database takes the stages' writes and keeps none of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from engine.db import writing
from engine.models.tables import customer, lane, release
from engine.simulate.shadow import SHADOWED, shadow

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
TABLES = SQLModel.metadata.tables


def content(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(sa.select(t))] for name, t in TABLES.items()}


@pytest.fixture
def filled(database: sa.Engine) -> sa.Engine:
    """A database that holds a customer, a lane and two releases."""
    with writing(database) as connection:
        connection.execute(sa.insert(customer).values(id="c1", created_at=AT, changed_at=AT))
        connection.execute(sa.insert(lane).values(name="all"))
        for number in (1, 2):
            row: dict[str, object] = {
                "id": number,
                "applied_at": AT,
                "author": "me",
                "fingerprint": "f",
                "time_zone": "UTC",
                "files": {},
                "fingerprints": {},
            }
            connection.execute(sa.insert(release).values(row))
    return database


def test_writes_to_shadowed_tables_are_seen_inside_and_never_outside(filled: sa.Engine, database_url: str) -> None:
    """What a stage writes is there for the next stage, and gone with the simulation."""
    before = content(filled)
    with shadow(database_url) as inside:
        with writing(inside) as connection:
            connection.execute(sa.delete(lane))
            connection.execute(sa.insert(lane).values(name="sendgrid"))
        with writing(inside) as connection:
            assert connection.execute(sa.select(lane.c.name)).scalars().all() == ["sendgrid"]
            assert connection.execute(sa.select(release.c.id)).scalars().all() == [2]
            assert connection.execute(sa.select(customer.c.id)).scalars().all() == ["c1"]
    assert content(filled) == before


@pytest.mark.parametrize("table", sorted(set(TABLES) - set(SHADOWED)))
def test_the_database_itself_refuses_every_other_write(filled: sa.Engine, database_url: str, table: str) -> None:
    """A stage that wrote a table nobody shadowed would fail, not write."""
    with shadow(database_url) as inside, pytest.raises(DBAPIError, match="read"), inside.connect() as connection:
        connection.execute(sa.delete(TABLES[table]))
