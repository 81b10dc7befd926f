"""Everybody, in key ranges: the candidates of a full pass."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.db import reading
from engine.rules.model import Subject
from engine.rules.sql.dialects import SPEECHES
from engine.rules.sql.stored import TABLES


def key_ranges(engine: sa.Engine, subject: Subject, size: int) -> Iterator[str]:
    """Yield the ids of all customers or accounts in their order, each range read in a transaction of its own.

    A range is the text of a JSON array, which the database writes and reads: no customer becomes an object here.
    """
    last = ""
    while True:
        with reading(engine) as connection:
            found = next_range(connection, subject, last, size)
        if found is None:
            return
        ids, last = found
        yield ids


def next_range(connection: sa.Connection, subject: Subject, after: str, size: int) -> tuple[str, str] | None:
    """Return the next ids after one as text, and the last of them; None where there are no more."""
    column = TABLES[subject].c.id
    part = sa.select(column).where(column > after).order_by(column).limit(size).subquery("part")
    ids, last = SPEECHES[connection.dialect.name].gathered(part.c.id), sa.func.max(part.c.id)
    row = connection.execute(sa.select(ids.label("ids"), last.label("last"))).one()
    return None if row.last is None else (row.ids, row.last)
