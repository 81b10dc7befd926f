"""Everybody, in key ranges: the candidates of a full pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import sqlalchemy as sa

from engine.db import reading
from engine.rules.model import Subject
from engine.rules.sql.candidates import UP_TO, Whose, between
from engine.rules.sql.stored import TABLES

RANGE = 10_000
"""How many subjects are read in one statement; reading holds no lock, and only those who are due are kept."""


AT_ONCE = 20
"""How many ranges are found in one transaction."""


def key_ranges(engine: sa.Engine, subject: Subject) -> Iterator[Whose]:
    """Yield all customers or accounts as ranges of their ids; between the ranges no transaction is open."""
    last = ""
    while True:
        with reading(engine) as connection:
            found = list(islice(ranges_of(connection, subject, last), AT_ONCE))
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1][UP_TO]


def ranges_of(connection: sa.Connection, subject: Subject, last: str = "", size: int = RANGE) -> Iterator[Whose]:
    """Yield those whose ids come after one as ranges, over one snapshot."""
    while (found := _end(connection, subject, last, size)) is not None:
        yield between(last, found)
        last = found


def _end(connection: sa.Connection, subject: Subject, after: str, size: int) -> str | None:
    """Return the id that ends a range of so many, or of as many as there are; None where there are no more."""
    column = TABLES[subject].c.id
    ids = sa.select(column).where(column > after).order_by(column).limit(1).offset(size - 1)
    found: str | None = connection.execute(ids).scalar()
    return found or connection.execute(sa.select(sa.func.max(column)).where(column > after)).scalar()
