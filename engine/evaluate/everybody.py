"""Everybody, in key ranges: the candidates of a full pass."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.db import reading
from engine.rules.model import Subject
from engine.rules.sql.stored import TABLES


def key_ranges(engine: sa.Engine, subject: Subject, size: int) -> Iterator[list[str]]:
    """Yield the ids of all customers or accounts in their order, each range read in a transaction of its own."""
    last = ""
    while True:
        with reading(engine) as connection:
            ids = next_range(connection, subject, last, size)
        if not ids:
            return
        yield ids
        last = ids[-1]


def next_range(connection: sa.Connection, subject: Subject, after: str, size: int) -> list[str]:
    """Return the next ids after one."""
    column = TABLES[subject].c.id
    return list(connection.execute(sa.select(column).where(column > after).order_by(column).limit(size)).scalars())
