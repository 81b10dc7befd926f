"""A database one can run the stages on without changing it.

The connection is read-only by the database's own word (SQLite `mode=ro`, PostgreSQL READ ONLY transactions), and each
table that a stage writes is shadowed by a temporary table of its name, which both databases find first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from engine.db import Instant, connect

LEFT = "status IN ('sent', 'sending', 'in_doubt')"
UNSETTLED = "status IN ('queued', 'sending', 'in_doubt')"
SHADOWED = {
    "enrollment": "",
    "membership": "",
    "rule_state": "",
    "release": "id = (SELECT max(id) FROM {source})",
    "message": UNSETTLED,
    "message_content": "send_id IN (SELECT send_id FROM {temp}message)",
    "recipient": "",
    "lane": "",
    "worker": "1 = 0",
    "audit": "1 = 0",
    "feedback": "1 = 0",
    "provider_event": "1 = 0",
}
"""Each table a stage writes, and which rows of it a simulation starts from; nothing is said where it is all."""
TRAITS = {"trait": ""}
"""What applying files writes besides, where they declare a trait as another type."""
OF_RULES = frozenset({"enrollment", "membership", "rule_state", "message"})
"""The tables of which a simulation of some rules needs the rows of these alone."""


@contextmanager
def shadow(
    url: str, *, rules: Collection[str] | None = None, traits: bool = False, counted_since: datetime | None = None
) -> Iterator[sa.Engine]:
    """Yield an engine on which stages run as usual and nothing is changed; its tables vanish with it.

    With `rules` it holds what became of these rules alone, which is quicker to copy where the ledger is long. With
    `traits` the values of traits are shadowed, too, so that they can be read as other types. `counted_since` is how far
    back caps look: then what left since counts, whatever its rule.
    """
    engine = connect(url, read_only=True)
    try:
        cover(engine, SHADOWED | TRAITS if traits else SHADOWED, rules=rules, counted_since=counted_since)
        yield engine
    finally:
        engine.dispose()


def cover(
    engine: sa.Engine,
    tables: Mapping[str, str] = SHADOWED,
    *,
    rules: Collection[str] | None = None,
    counted_since: datetime | None = None,
) -> None:
    """Shadow the tables that stages write on the engine's one connection, and have the database refuse the rest."""
    lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        for table, rows in tables.items():
            source, temp = (_cover_sqlite if lite else _cover_postgresql)(connection, table)
            chosen = rows.format(source=source, temp=temp)
            _fill(connection, table, chosen, rules if table in OF_RULES else None, source=source, temp=temp)
            if table == "message" and counted_since is not None:
                _count(connection, counted_since, source=source, temp=temp)
        connection.commit()
        if not lite:
            connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()


def _cover_sqlite(connection: sa.Connection, table: str) -> tuple[str, str]:
    made = "SELECT type, sql FROM main.sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC"
    for kind, sql in connection.exec_driver_sql(made, (table,)).all():
        where = ("CREATE TABLE", "CREATE TEMP TABLE") if kind == "table" else (" INDEX ", " INDEX temp.")
        connection.exec_driver_sql(sql.replace(*where, 1))
    return f'main."{table}"', "temp."


def _cover_postgresql(connection: sa.Connection, table: str) -> tuple[str, str]:
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    connection.exec_driver_sql(f'CREATE TEMPORARY TABLE "{table}" (LIKE "{schema}"."{table}" INCLUDING ALL)')
    return f'"{schema}"."{table}"', "pg_temp."


def _fill(
    connection: sa.Connection, table: str, rows: str, rules: Collection[str] | None, *, source: str, temp: str
) -> None:
    wanted = [rows] if rows else []
    wanted += ["rule IN :rules"] if rules is not None else []
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    copied = sa.text(f'INSERT INTO {temp}"{table}" SELECT * FROM {source}{where}')  # noqa: S608 (our names)
    if rules is not None:
        copied = copied.bindparams(sa.bindparam("rules", list(rules), sa.String, expanding=True))
    connection.execute(copied)


def _count(connection: sa.Connection, since: datetime, *, source: str, temp: str) -> None:
    """Copy what left since and counts under caps, beside what is there already."""
    copied = sa.text(
        f"INSERT INTO {temp}message SELECT * FROM {source} "  # noqa: S608 (our names)
        f"WHERE {LEFT} AND last_intent_at > :since AND send_id NOT IN (SELECT send_id FROM {temp}message)"
    )
    connection.execute(copied.bindparams(sa.bindparam("since", since, Instant())))
