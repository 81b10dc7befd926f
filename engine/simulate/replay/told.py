"""What was told of customers and accounts, copied from the live database into the scratch to be told again in time.

`told` holds each value of each fact: `at` is from when the replay takes it to hold, `known_at` from when the history
says so (null: there is no history, only the value of today), `stamp` when it was learned. `born` holds from when there
was a customer or an account at all. Instants are microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from engine.clock import to_micros
from engine.db import Key, writing
from engine.intake.subject_tables import SUBJECTS
from engine.models.tables import account, customer, event_total, fact_change, trait
from engine.simulate.replay.pages import Row, pages, plain

ACCOUNT_ID = "account_id"
Query = tuple[sa.Select[Any], list[sa.ColumnElement[Any]]]
"""What to select, and by which of its first columns it is ordered."""

_OURS = sa.MetaData()
told = sa.Table(
    "told",
    _OURS,
    sa.Column("subject_type", Key),
    sa.Column("subject_id", Key),
    sa.Column("field", Key),
    sa.Column("stamp", sa.BigInteger),
    sa.Column("known_at", sa.BigInteger),
    sa.Column("at", sa.BigInteger),
    sa.Column("value", sa.Text),
    sa.Index("ix_told_subject", "subject_type", "subject_id", "field", "known_at", "stamp"),
)
born = sa.Table(
    "born",
    _OURS,
    sa.Column("subject_type", Key, primary_key=True),
    sa.Column("subject_id", Key, primary_key=True),
    sa.Column("at", sa.BigInteger),
    sa.Column("account_id", Key),
    sa.Index("ix_born_account_id", "account_id"),
)


def copy(live: sa.Engine, scratch: sa.Engine) -> None:
    """Copy the histories of all facts, the facts that have none, and since when there were subjects."""
    with writing(scratch) as connection:
        _OURS.create_all(connection)
    row = fact_change.c
    keys = [row.subject_type, row.subject_id, row.field, plain(row.stamp), plain(row.at)]
    for rows in pages(live, sa.select(*keys, row.new), keys):
        _write(scratch, told, ((*each[:5], each[4], each[5]) for each in rows))
    for chosen, keys in _without_history():
        for rows in pages(live, chosen, keys):
            _write(scratch, told, ((kind, id_, field, None, None, None, str(now)) for id_, field, kind, now in rows))
    for chosen, keys in (_people(), _companies()):
        for rows in pages(live, chosen, keys):
            _write(scratch, born, ((kind, id_, _first(instants), of) for id_, kind, of, *instants in rows))


def _write(scratch: sa.Engine, table: sa.Table, rows: Iterable[Row]) -> None:
    marks = ", ".join("?" * len(table.columns))
    with writing(scratch) as connection:
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(rows))  # noqa: S608 (our names)


def _without_history() -> Iterator[Query]:
    """Yield queries for the facts of which no history tells: id, name, kind of subject and value."""
    for one in SUBJECTS.values():
        names = (*one.facts, ACCOUNT_ID) if one.subject == "customer" else one.facts
        for name in names:
            id_, column = one.table.c.id, one.table.c[name]
            now = sa.type_coerce(column, getattr(column.type, "impl", column.type))
            chosen = sa.select(id_, sa.literal(name), sa.literal(one.subject), now)
            yield chosen.where(column.is_not(None), ~_history(one.subject, id_, sa.literal(name))), [id_]
        row = trait.c
        chosen = sa.select(row.subject_id, row.name, row.subject_type, row.text)
        mine = (row.subject_type == one.subject, row.text.is_not(None))
        yield chosen.where(*mine, ~_history(one.subject, row.subject_id, row.name)), [row.subject_id, row.name]


def _history(subject: str, id_: sa.ColumnElement[Any], name: sa.ColumnElement[Any]) -> sa.Exists:
    row = fact_change.c
    return sa.exists().where(row.subject_type == subject, row.subject_id == id_, row.field == name)


def _people() -> Query:
    row, total = customer.c, event_total.c
    began = sa.select(sa.func.min(plain(total.first_at))).where(total.customer_id == row.id).scalar_subquery()
    instants = (plain(row.signed_up_at), plain(row.created_at), began)
    return sa.select(row.id, sa.literal("customer"), row.account_id, *instants), [row.id]


def _companies() -> Query:
    row = account.c
    return sa.select(
        row.id, sa.literal("account"), sa.null(), plain(row.created_at), sa.type_coerce(row.subscribed_on, sa.String)
    ), [row.id]


def _first(instants: Iterable[int | str | None]) -> int:
    """Return the first of some instants; a day begins at 00:00 UTC."""
    return min(to_micros(_midnight(one)) if isinstance(one, str) else one for one in instants if one is not None)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
