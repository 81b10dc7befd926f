"""The ten rules of the benchmark and the customers they are asked of: as many are due however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, span, to_micros
from engine.facts import BUILT_IN
from engine.rules.compiler import compile_rule
from engine.rules.model import (
    BackTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    Place,
    Rule,
    Send,
    SilentTrigger,
    Trigger,
)

TODAY = date(2026, 3, 2)
NOW = to_micros(datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC))
SECOND = 1_000_000
DAY = span(timedelta(days=1))
DUE = 100
"""How many customers or accounts fall due for each reason, whatever the number of all."""


def rule(name: str, trigger: Trigger, days: tuple[float, ...], *conditions: Condition, role: str | None = None) -> Rule:
    """Return a rule of the benchmark."""
    return Rule(
        name=name,
        topic="tips",
        trigger=trigger,
        sends=tuple(Send(label=f"{day:+g} days", offset=timedelta(days=day), template=name) for day in days),
        place=Place(path=f"rules/{name}.yaml", line=1, column=1),
        conditions=Group(kind="all", parts=conditions),
        to_role=role,
    )


def fact(path: str, operator: str, *operands: Any) -> FactTest:  # noqa: ANN401 (each fact has its type)
    """Return a test of a built-in fact."""
    return FactTest(fact=BUILT_IN[path], operator=operator, operands=operands)


_SIGNED_UP = DateTrigger(fact=BUILT_IN["customer.signed_up_at"])
RULES = (
    rule("welcome", _SIGNED_UP, (0,)),
    rule("nudge", _SIGNED_UP, (7,), DidTest(event="Report Shared", negated=True)),
    rule("silent", SilentTrigger(), (14, 30), fact("account.status", "one of", "active", "trialing")),
    rule("back", BackTrigger(after=timedelta(days=30)), (0,)),
    rule("card", DateTrigger(fact=BUILT_IN["account.card_expires_on"]), (-30, -7, -1), role="owner"),
    rule(
        "renewal",
        DateTrigger(fact=BUILT_IN["account.renews_on"]),
        (-14,),
        fact("account.status", "is", "active"),
        role="owner",
    ),
    rule(
        "loyalty",
        EveryTrigger(period="year", since=BUILT_IN["account.subscribed_on"]),
        (0,),
        fact("account.renewals", "at least", 1),
        role="owner",
    ),
    rule(
        "cancel",
        EventTrigger(event="Cancel Page Viewed"),
        (1,),
        DidTest(event="Subscription Cancelled", negated=True, since_trigger=True),
    ),
    rule("first", EventTrigger(event="Report Shared", first=True), (1 / 24,)),
    rule("active", _SIGNED_UP, (14,), DidTest(event="Logged In", at_least=3, within=timedelta(days=7))),
)
PROGRAMS = {each.name: compile_rule(each, zone="UTC") for each in RULES}


def people(connection: sa.Connection, count: int) -> None:
    """Fill the tables: the first of each kind are due at the tick, all others long before or after it."""
    zones = [("UTC",), ("America/New_York",)]
    connection.exec_driver_sql("INSERT INTO zone (name) VALUES (?)", zones)
    for table, rows in (("account", _accounts(count // 2)), ("customer", _customers(count)), ("event", _events(count))):
        _insert(connection, table, rows)
    for sql in _KEPT:
        connection.exec_driver_sql(sql)


def _insert(connection: sa.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    every = list(rows)
    names = ", ".join(every[0])
    marks = ", ".join("?" * len(every[0]))
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    connection.exec_driver_sql(sql, [tuple(row.values()) for row in every])


def _accounts(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        lot, old = number // DUE, NOW - 400 * DAY
        far = TODAY + timedelta(days=60 + number % 700)
        card = {0: 30, 1: 7, 2: 1}.get(lot)
        yield {
            "id": f"a{number:07d}",
            "status": "active",
            "status_key": "active" if number % 5 else "cancelled",
            "card_expires_on": (TODAY + timedelta(days=card) if card else far).isoformat(),
            "renews_on": (TODAY + timedelta(days=14) if lot == 3 else far).isoformat(),
            "subscribed_on": f"20{20 + number % 5}-{'03-02' if lot == 4 else f'07-{1 + number % 28:02d}'}",
            "renewals": number % 4,
            "time_zone": None if number % 3 else "America/New_York",
            "created_at": old,
            "changed_at": old,
        }


def _customers(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        lot, second = number // DUE, number % DUE % 40 * SECOND
        ago = {0: 0, 1: 7, 2: 14}.get(lot)
        signed_up = NOW - second - (ago * DAY if ago is not None else (100 + number % 600) * DAY + 12 * 3600 * SECOND)
        yield {
            "id": f"c{number:07d}",
            "email": f"c{number}@example.com",
            "email_key": f"c{number}@example.com",
            "account_id": f"a{number // 2:07d}",
            "signed_up_at": signed_up,
            "signed_up_on": from_micros(signed_up).date().isoformat(),
            "created_at": NOW - 400 * DAY,
            "changed_at": NOW - 40 * DAY if lot else signed_up,
        }


def _events(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        for serial, (name, at) in enumerate(_deeds(number)):
            yield {
                "customer_id": f"c{number:07d}",
                "id": f"e{number:07d}.{serial}",
                "name": name,
                "at": at,
                "received_at": at + SECOND,
                "keys": json.dumps({"plan": "pro"}),
            }


def _deeds(number: int) -> Iterator[tuple[str, int]]:
    """Yield what a customer did: most were last seen some days ago, some at an instant that falls due."""
    lot, second = number // DUE, number % DUE % 40 * SECOND
    yield "Report Shared", NOW - (60 + number % 300) * DAY - 5 * SECOND if lot != 5 else NOW - DAY // 24 - second
    if lot in {3, 4}:
        yield "Logged In", NOW - second - (14 if lot == 3 else 30) * DAY
        return
    for day in (2, 3, 5):
        yield "Logged In", NOW - day * DAY - (number % 20_000 + 3600) * SECOND
    if lot == 6:
        yield "Cancel Page Viewed", NOW - DAY - second
    if lot == 7:
        yield "Logged In", NOW - second


_KEPT = (
    """INSERT INTO event_total
       (customer_id, name, first_at, last_at, count, first_changed_at, last_changed_at, changed_at)
       SELECT customer_id, name, min(at), max(at), count(*), min(received_at), max(received_at), max(received_at)
       FROM event GROUP BY customer_id, name""",
    """UPDATE customer SET last_seen_at = (SELECT max(at) FROM event WHERE customer_id = customer.id),
       seen_changed_at = (SELECT max(received_at) FROM event WHERE customer_id = customer.id)""",
    f"""INSERT INTO absence (customer_id, from_at, until_at, changed_at)
       SELECT customer_id, before, at, received_at FROM (SELECT customer_id, at, received_at,
         lag(at) OVER (PARTITION BY customer_id ORDER BY at) AS before FROM event) WHERE at - before >= {DAY}""",
    """INSERT INTO fact_change (subject_type, subject_id, field, stamp, at, new)
       SELECT 'customer', id, 'signed_up_at', signed_up_at, signed_up_at, CAST(signed_up_at AS TEXT) FROM customer
       UNION ALL SELECT 'customer', id, 'account_id', created_at, created_at, account_id FROM customer
       UNION ALL SELECT 'account', id, 'card_expires_on', created_at, created_at, card_expires_on FROM account
       UNION ALL SELECT 'account', id, 'renews_on', created_at, created_at, renews_on FROM account
       UNION ALL SELECT 'account', id, 'subscribed_on', created_at, created_at, subscribed_on FROM account""",
)
"""What an intake keeps beside the rows themselves."""
