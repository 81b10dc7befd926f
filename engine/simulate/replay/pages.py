"""Reading much from the live database: page by page, so that no transaction stays open and no row waits in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from engine.db import reading

PAGE = 5_000
Row = tuple[Any, ...]
Keys = Sequence[sa.ColumnElement[Any]]


def page(live: sa.Engine, chosen: sa.Select[Any], keys: Keys, last: Row | None, size: int) -> list[Row]:
    """Return the next rows of a query in the order of its keys, which are its first columns, after those of `last`."""
    if last is not None:
        after = [sa.literal(value, key.type) for key, value in zip(keys, last, strict=False)]
        chosen = chosen.where(keys[0] >= after[0], sa.tuple_(*keys) > sa.tuple_(*after))
    with reading(live) as connection:
        return [tuple(row) for row in connection.execute(chosen.order_by(*keys).limit(size))]


def pages(live: sa.Engine, chosen: sa.Select[Any], keys: Keys, size: int = PAGE) -> Iterator[list[Row]]:
    """Yield all rows of a query, in the order of its keys, each page read in a transaction of its own."""
    last: Row | None = None
    while rows := page(live, chosen, keys, last, size):
        yield rows
        last = rows[-1]


def plain(column: sa.ColumnElement[Any], name: str = "") -> sa.ColumnElement[Any]:
    """Return an instant's column as the whole number that is stored."""
    coerced = sa.type_coerce(column, sa.BigInteger)
    return coerced.label(name) if name else coerced
