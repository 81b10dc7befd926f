"""Inserting what is not there yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from engine.db.straight import Straight


def insert_missing(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    """Return an INSERT that leaves alone what is already there by any of the table's keys."""
    return _insert_missing(connection.dialect.name, table)


def add_missing(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows that all have the same columns, straight by the driver; returns how many were not there yet."""
    return _adding(connection.dialect.name, table, tuple(rows[0])).write(connection, rows) if rows else 0


@lru_cache
def _adding(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> Straight:
    given = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    return Straight(_insert_missing(dialect, table).values(given))


@lru_cache
def _insert_missing(dialect: str, table: sa.Table) -> sa.Insert:
    if dialect == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    return postgresql_insert(table).on_conflict_do_nothing()
