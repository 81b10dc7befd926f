"""A replay keeps the facts that the intake had kept, at every instant of the past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from evaluate.staging import TRAITS, Stage
from simulate.histories import DAYS, START, invented

from engine.db import connect, reading
from engine.intake import Kind
from engine.models import tables
from engine.simulate.replay import Replay
from engine.simulate.scratch import scratch

KEPT = (
    "customer",
    "account",
    "account_member",
    "event",
    "event_total",
    "event_daily",
    "absence",
    "fact_change",
    "trait",
    "zone",
)
LEFT_OUT = {"event": {"properties"}}
"""Rules compare properties by their keys, so the replay needs no more."""
Contents = dict[str, list[tuple[Any, ...]]]


def contents(engine: sa.Engine) -> Contents:
    """Every row of the tables that the intake keeps, stamps and all."""
    found: Contents = {}
    with reading(engine) as connection:
        for name in KEPT:
            table: sa.Table = getattr(tables, name)
            columns = [column for column in table.c if column.name not in LEFT_OUT.get(name, ())]
            found[name] = sorted(map(tuple, connection.execute(sa.select(*columns)).all()), key=repr)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_at_every_instant_the_kept_facts_are_what_the_intake_had_made(database: sa.Engine, seed: int) -> None:
    """Every row and every stamp, as if each thing had been imported on its own the moment it happened."""
    stage = Stage(database)
    lived: dict[datetime, Contents] = {}
    words: set[tuple[Any, ...]] = set()
    marks = [START + timedelta(days=day) for day in range(0, DAYS, 3)]
    for when, kind, rows in invented(seed):
        while marks and marks[0] < when:
            lived[marks.pop(0)] = contents(database)
        if fresh := [row for row in rows if kind is Kind.EVENTS or _first_word(words, kind, row, when)]:
            stage.hear(when.isoformat(), kind, *fresh)
    assert len(lived) > 5
    for replayed, then in _replayed(database, lived):
        for table in KEPT:
            assert replayed[table] == lived[then][table], (table, then)


def _first_word(words: set[tuple[Any, ...]], kind: Kind, row: dict[str, Any], when: datetime) -> bool:
    """Whether nothing was said yet of this at this instant: the history keeps only the last word of one instant."""
    word = (kind, when, row.get("id"), row.get("customer_id"), row.get("account_id"))
    new = word not in words
    words.add(word)
    return new


def _replayed(database: sa.Engine, lived: dict[datetime, Contents]) -> Iterator[tuple[Contents, datetime]]:
    live = connect(database.url.render_as_string(hide_password=False), read_only=True)
    try:
        with scratch() as inside:
            replay = Replay(live, inside, until=max(lived), traits=TRAITS, zone="UTC")
            for then in sorted(lived):
                replay.advance(then)
                yield contents(inside), then
    finally:
        live.dispose()
