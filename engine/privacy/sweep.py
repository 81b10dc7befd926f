"""The second step: what there may be much of goes in batches, so that nobody waits long for the write lock."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine.clock import rest
from engine.db import writing
from engine.privacy.holdings import HOLDINGS, Holding
from engine.privacy.names import Names
from engine.privacy.sqlite import overwriting

AT_ONCE = 200
BREATH = 0.02
"""Seconds between two batches, in which others get at SQLite's one write lock."""


def sweep(engine: sa.Engine, names: Names, *, at_once: int = AT_ONCE) -> Iterator[int]:
    """Delete an erased customer's history and events; yield how many rows each transaction took.

    Stopped in between, it is called again and goes on.
    """
    for holding in (each for each in HOLDINGS if each.fate == "swept"):
        while count := _some(engine, holding, names, at_once):
            yield count
            rest(BREATH)


def _some(engine: sa.Engine, holding: Holding, names: Names, at_once: int) -> int:
    key = list(holding.table.primary_key)
    some = sa.select(*key).where(holding.whose(names)).limit(at_once)
    with writing(engine) as connection:
        overwriting(connection)
        deleted = sa.delete(holding.table).where(holding.whose(names), sa.tuple_(*key).in_(some))
        return connection.execute(deleted).rowcount
