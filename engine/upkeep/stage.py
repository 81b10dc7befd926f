"""The stage: batch by batch what is old enough goes; stopped anywhere, the next run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import forgotten
from engine.clock import rest
from engine.db import reading, writing
from engine.settings import Settings
from engine.upkeep.retention import EVENTS, RETENTIONS, Retention

AT_ONCE = 200
BREATH = 0.02
"""Seconds between two batches, in which others get at SQLite's one write lock."""
Where = tuple[sa.ColumnElement[bool], ...]


@dataclass(frozen=True, kw_only=True)
class Due:
    """So many rows of a retention are older than `before` and go with the next run."""

    name: str
    about: str
    setting: str | None
    before: datetime
    rows: int


def due(engine: sa.Engine, settings: Settings, *, now: datetime) -> tuple[Due, ...]:
    """Return what the next run would do, without doing it."""
    with reading(engine) as connection:
        return tuple(
            Due(
                name=each.name,
                about=each.about,
                setting=each.setting,
                before=each.before(settings, now),
                rows=sum(_count(connection, each, where) for where in _wheres(connection, each, settings, now)),
            )
            for each in RETENTIONS
        )


def run_once(engine: sa.Engine, settings: Settings, *, now: datetime, at_once: int = AT_ONCE) -> Mapping[str, int]:
    """Let go of everything that is old enough; returns how many rows of what. Raises DatabaseError."""
    counts = {each.name: _run(engine, each, settings, now, at_once) for each in RETENTIONS}
    return {name: count for name, count in counts.items() if count}


def _run(engine: sa.Engine, retention: Retention, settings: Settings, now: datetime, at_once: int) -> int:
    with reading(engine) as connection:
        wheres = [
            where for where in _wheres(connection, retention, settings, now) if _any(connection, retention, where)
        ]
    if wheres and retention is EVENTS:
        with writing(engine) as connection:
            forgotten.keep_events_from(connection, retention.before(settings, now))
    return sum(count for where in wheres for count in _batches(engine, retention, where, now, at_once))


def _wheres(connection: sa.Connection, retention: Retention, settings: Settings, now: datetime) -> Iterator[Where]:
    """Yield conditions that each find old rows by one range of an index."""
    old = (retention.column < retention.before(settings, now), *retention.only)
    if retention.by is None:
        yield old
        return
    for value in _values(connection, retention.by):
        yield (retention.by == value, *old)


def _values(connection: sa.Connection, column: sa.Column[str]) -> Iterator[str]:
    """Yield the values of an indexed column, one probe each."""
    value = connection.execute(sa.select(sa.func.min(column))).scalar_one()
    while value is not None:
        yield value
        value = connection.execute(sa.select(sa.func.min(column)).where(column > value)).scalar_one()


def _any(connection: sa.Connection, retention: Retention, where: Where) -> bool:
    return (
        connection.execute(
            sa.select(sa.literal_column("1")).select_from(retention.table).where(*where).limit(1)
        ).first()
        is not None
    )


def _count(connection: sa.Connection, retention: Retention, where: Where) -> int:
    count: int = connection.execute(sa.select(sa.func.count()).select_from(retention.table).where(*where)).scalar_one()
    return count


def _batches(engine: sa.Engine, retention: Retention, where: Where, now: datetime, at_once: int) -> Iterator[int]:
    key = list(retention.table.primary_key)
    some = sa.select(*key).where(*where).order_by(retention.column).limit(at_once)
    mine = sa.tuple_(*key).in_(some) if len(key) > 1 else key[0].in_(some)
    change: sa.Delete | sa.Update = sa.delete(retention.table).where(mine)
    if retention.leaves is not None:
        change = sa.update(retention.table).where(mine).values(dict(retention.leaves(now)))
    count = at_once
    while count == at_once:
        with writing(engine) as connection:
            count = connection.execute(change).rowcount
        yield count
        rest(BREATH)
