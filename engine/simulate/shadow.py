"""A database one can run the stages on without changing it.

The connection is read-only by the database's own word (SQLite `mode=ro`, PostgreSQL READ ONLY transactions), and each
table that a stage writes is shadowed by a temporary table of its name, which both databases find first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from engine.db import connect

UNSETTLED = "status IN ('queued', 'sending', 'in_doubt')"
SHADOWED = {
    "enrollment": "",
    "membership": "",
    "rule_state": "",
    "release": "WHERE id = (SELECT max(id) FROM {source})",
    "message": f"WHERE {UNSETTLED}",
    "message_content": "WHERE send_id IN (SELECT send_id FROM {temp}message)",
    "recipient": "",
    "lane": "",
    "worker": "WHERE 1 = 0",
    "audit": "WHERE 1 = 0",
    "feedback": "WHERE 1 = 0",
    "provider_event": "WHERE 1 = 0",
}
"""Each table a stage writes, and the rows of it that a simulation starts from."""
TRAITS = {"trait": ""}
"""What applying files writes besides, where they declare a trait as another type."""


@contextmanager
def shadow(url: str, *, traits: bool = False) -> Iterator[sa.Engine]:
    """Yield an engine on which stages run as usual and nothing is changed; its tables vanish with it.

    With `traits` the values of traits are shadowed, too, so that they can be read as other types.
    """
    engine = connect(url, read_only=True)
    try:
        cover(engine, SHADOWED | TRAITS if traits else SHADOWED)
        yield engine
    finally:
        engine.dispose()


def cover(engine: sa.Engine, tables: Mapping[str, str] = SHADOWED) -> None:
    """Shadow the tables that stages write on the engine's one connection, and have the database refuse the rest."""
    lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        for table, rows in tables.items():
            (_cover_sqlite if lite else _cover_postgresql)(connection, table, rows)
        connection.commit()
        if not lite:
            connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()


def _cover_sqlite(connection: sa.Connection, table: str, rows: str) -> None:
    made = "SELECT type, sql FROM main.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC"
    for kind, sql in connection.exec_driver_sql(made, (table,)).all():
        where = ("CREATE TABLE", "CREATE TEMP TABLE") if kind == "table" else (" INDEX ", " INDEX temp.")
        connection.exec_driver_sql(sql.replace(*where, 1))
    _fill(connection, table, rows, source=f'main."{table}"', temp="temp.")


def _cover_postgresql(connection: sa.Connection, table: str, rows: str) -> None:
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    connection.exec_driver_sql(f'CREATE TEMPORARY TABLE "{table}" (LIKE "{schema}"."{table}" INCLUDING ALL)')
    _fill(connection, table, rows, source=f'"{schema}"."{table}"', temp="pg_temp.")


def _fill(connection: sa.Connection, table: str, rows: str, *, source: str, temp: str) -> None:
    chosen = rows.format(source=source, temp=temp)
    connection.exec_driver_sql(f'INSERT INTO {temp}"{table}" SELECT * FROM {source} {chosen}')  # noqa: S608 (our names)
