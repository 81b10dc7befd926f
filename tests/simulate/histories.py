"""Invented histories: what is heard, in the order of time, each the moment it happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from evaluate.staging import at

from engine.intake import Kind

START = at("2026-03-01")
DAYS = 20
Heard = tuple[datetime, Kind, list[dict[str, Any]]]


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
