"""Inserting what is not there yet."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert_missing(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    """Return an INSERT that leaves alone what is already there by any of the table's keys."""
    return _insert_missing(connection.dialect.name, table)


@lru_cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Insert:
    if dialect == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    return postgresql_insert(table).on_conflict_do_nothing()
