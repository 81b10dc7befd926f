"""Questions that go straight to the driver: answered as by SQLAlchemy, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine.clock import to_micros
from engine.db import Day, Instant, Json, Key, Straight, among, among_rows, writing
from engine.errors import DatabaseError

AT = datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=UTC)
ALL = sa.Table(
    "of_all_types",
    sa.MetaData(),
    sa.Column("id", Key, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("day", Day),
    sa.Column("number", sa.Float),
    sa.Column("flag", sa.Boolean),
    sa.Column("properties", Json),
)
ROWS: list[dict[str, Any]] = [
    {"id": "a", "at": AT, "day": AT.date(), "number": 1.5, "flag": True, "properties": {"å": [1, None]}},
    {"id": "b", "at": None, "day": None, "number": None, "flag": None, "properties": None},
    {"id": "c", "at": AT, "day": date(1970, 1, 1), "number": -2.0, "flag": False, "properties": {}},
]
ASKED = sa.select(ALL).where(among(ALL.c.id, "ids")).order_by(ALL.c.id)
STORED = (ALL.c.id, sa.type_coerce(ALL.c.at, sa.BigInteger))
PAIRS = sa.select(ALL).where(among_rows(STORED, "pairs")).order_by(ALL.c.id)
SINCE = sa.select(ALL.c.id, ALL.c.at).where(ALL.c.at >= sa.bindparam("since", type_=ALL.c.at.type)).order_by(ALL.c.id)


@pytest.fixture
def filled(database: sa.Engine) -> Iterator[sa.Engine]:
    """A table with a column of each type."""
    ALL.create(database)
    with writing(database) as connection:
        connection.execute(sa.insert(ALL), ROWS)
    yield database
    ALL.drop(database)


@pytest.mark.parametrize(
    ("statement", "given"),
    [
        (ASKED, {"ids": ["a", "b", "c"]}),
        (ASKED, {"ids": ["b"]}),
        (ASKED, {"ids": []}),
        (PAIRS, {"pairs": [("a", to_micros(AT)), ("b", to_micros(AT)), ("c", to_micros(AT) + 1)]}),
        (PAIRS, {"pairs": []}),
        (SINCE, {"since": AT}),
        (SINCE.limit(1), {"since": AT}),
        (sa.select(sa.func.count().label("count")).select_from(ALL).where(ALL.c.flag.is_(sa.true())), {}),
    ],
)
def test_answers_are_those_of_sqlalchemy(filled: sa.Engine, statement: sa.Select[Any], given: dict[str, Any]) -> None:
    """The same values of the same types, under the same names, also at the second time."""
    straight = Straight(statement)
    with filled.connect() as connection:
        expected = connection.execute(statement, given)
        named = [dict(row) for row in expected.mappings()]
        for _ in range(2):
            assert straight.mappings(connection, given) == named
            assert straight.rows(connection, given) == [tuple(row.values()) for row in named]


def test_rows_are_found_by_all_their_values_together(filled: sa.Engine) -> None:
    """An id and an instant that are both there, but not in one row, find nothing; nor does a missing one."""
    stored, pairs = to_micros(AT), [("a", to_micros(AT)), ("b", to_micros(AT)), ("c", 0), ("é", 1)]
    with filled.connect() as connection:
        assert [row[0] for row in Straight(PAIRS).rows(connection, {"pairs": pairs})] == ["a"]
        assert len(Straight(PAIRS).rows(connection, {"pairs": [("a", stored), ("a", stored), ("c", stored)]})) == 2


def test_what_is_written_is_converted_and_counted(filled: sa.Engine) -> None:
    """One statement for many rows says how many it has changed."""
    when = sa.update(ALL).where(ALL.c.id == sa.bindparam("_id")).values(at=sa.bindparam("_at"))
    with writing(filled) as connection:
        assert Straight(when).write(connection, [{"_id": id_, "_at": AT} for id_ in ("a", "b", "nobody")]) == 2
        assert connection.scalars(sa.select(ALL.c.at).where(ALL.c.id == "b")).one() == AT


def test_a_parameter_that_is_missing_is_an_error(filled: sa.Engine) -> None:
    """It is not taken for NULL."""
    with filled.connect() as connection, pytest.raises(KeyError):
        Straight(ASKED).rows(connection, {})


def test_errors_of_the_driver_are_explained(database: sa.Engine) -> None:
    """In the words that an operator is told of all others."""
    with pytest.raises(DatabaseError, match="has no up-to-date tables"), writing(database) as connection:
        Straight(ASKED).rows(connection, {"ids": ["a"]})
