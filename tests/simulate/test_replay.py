"""A replay keeps the facts that the intake had kept, at every instant of the past."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from evaluate.staging import TRAITS, Stage, at

from engine.db import connect, reading
from engine.intake import Kind
from engine.models import tables
from engine.simulate.replay import Replay
from engine.simulate.scratch import scratch

START = at("2026-03-01")
DAYS = 20
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
Heard = tuple[datetime, Kind, list[dict[str, Any]]]
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


def invented(seed: int) -> Iterator[Heard]:
    """What is heard of three accounts and seven customers: first everything of each, then changes, moves and events."""
    dice = random.Random(seed)  # noqa: S311 (a history, no secret)
    accounts = [f"acme{number}" for number in range(3)]
    for id_ in accounts:
        yield START, Kind.ACCOUNTS, [{"id": id_, **_account(dice)}]
    members: dict[str, str] = {}
    moved: dict[str, datetime] = {}
    now = START
    while now < START + timedelta(days=DAYS):
        now += dice.choice((timedelta(), timedelta(minutes=7), timedelta(hours=5), timedelta(hours=31)))
        who = f"c{dice.randrange(7)}"
        if who not in members and who != "c6":
            members[who], moved[who] = dice.choice(accounts), now
            yield now, Kind.CUSTOMERS, [{"id": who, **_customer(dice)}]
            yield now, Kind.MEMBERS, [{"customer_id": who, "account_id": members[who]}]
        if dice.random() < 0.2 and who in members and moved[who] < now:
            old, members[who], moved[who] = members[who], dice.choice(accounts), now
            left = {"customer_id": who, "account_id": old, "removed": True}
            joined = {"customer_id": who, "account_id": members[who]}
            yield now, Kind.MEMBERS, [left, joined] if old != members[who] else []
        yield now, *_heard(dice, who, members, accounts, now)


def _heard(
    dice: random.Random, who: str, members: dict[str, str], accounts: list[str], now: datetime
) -> tuple[Kind, list[dict[str, Any]]]:
    what = dice.choice(("event", "event", "event", "customer", "account"))
    if what == "account":
        return Kind.ACCOUNTS, [{"id": dice.choice(accounts), **_account(dice)}]
    if what == "customer" and who in members:
        return Kind.CUSTOMERS, [{"id": who, **_customer(dice)}]
    some = [{"customer_id": who, "name": dice.choice(("A", "B", "C")), "plan": dice.choice(("x", "Y"))}]
    return Kind.EVENTS, [
        {**each, "at": now.isoformat(), "id": f"{dice.random()}"} for each in some * dice.choice((1, 3))
    ]


def _customer(dice: random.Random) -> dict[str, Any]:
    return {
        "first_name": dice.choice(("Ana", "Bob", None)) or "\\N",
        "time_zone": dice.choice(("Asia/Tokyo", "UTC")),
        "score": dice.choice((1, 2.5, -3)),
        "trial_ends_on": dice.choice(("2026-03-09", "2026-03-15")),
        "demo_at": dice.choice(("2026-03-09T10:00Z", "2026-03-11T10:00Z")),
        "nickname": dice.choice(("A", "a", "12")),
    }


def _account(dice: random.Random) -> dict[str, Any]:
    return {
        "status": dice.choice(("active", "Active", "trialing")),
        "amount_minor": dice.choice((100, 200)),
        "card_expires_on": dice.choice(("2026-03", "2026-04")),
        "tier": dice.choice(("gold", "silver")),
    }


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
