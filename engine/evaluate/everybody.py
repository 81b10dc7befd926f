"""Everybody, in key ranges: the candidates of a full pass."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.db import reading
from engine.rules.model import Subject
from engine.rules.sql.candidates import Whose, between
from engine.rules.sql.stored import TABLES

RANGE = 10_000
"""How many subjects are read in one statement; reading holds no lock, and only those who are due are kept."""


def key_ranges(engine: sa.Engine, subject: Subject, size: int = RANGE) -> Iterator[Whose]:
    """Yield all customers or accounts as ranges of their ids, each found in a transaction of its own."""
    last = ""
    while True:
        with reading(engine) as connection:
            found = _end(connection, subject, last, size)
        if found is None:
            return
        yield between(last, found)
        last = found


def ranges_of(connection: sa.Connection, subject: Subject, size: int = RANGE) -> Iterator[Whose]:
    """Yield the same over one snapshot."""
    last = ""
    while (found := _end(connection, subject, last, size)) is not None:
        yield between(last, found)
        last = found


def _end(connection: sa.Connection, subject: Subject, after: str, size: int) -> str | None:
    """Return the id that ends a range of so many, or of as many as there are; None where there are no more."""
    column = TABLES[subject].c.id
    ids = sa.select(column).where(column > after).order_by(column).limit(1).offset(size - 1)
    found: str | None = connection.execute(ids).scalar()
    return found or connection.execute(sa.select(sa.func.max(column)).where(column > after)).scalar()
