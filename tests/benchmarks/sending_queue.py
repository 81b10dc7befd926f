"""The queue of the benchmark: customers, accounts, what they did, and a mail to each that is due now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from benchmarks.sending_company import CARD_EXPIRES, LAST_SEEN, NOW, SIGNED_UP, TOPIC, Mails, Shape, names

from engine.db import connect, writing
from engine.hashing import address_hash, send_id
from engine.models import tables
from engine.rules.sql.windows import offset_code

AT_ONCE = 5_000
COLLEAGUES = 5
"""How many customers an account has."""
BEFORE = 1_000
"""How many contents are kept of mails that were sent before: a database plans otherwise for a table that is empty."""
_OF_BEFORE = "before"
Row = dict[str, Any]


def fill(engine: sa.Engine, count: int, mails: Mails) -> None:
    """Fill the tables of an empty database: so many customers, to each of whom one mail is due."""
    rules = list(names(mails).items())
    with writing(engine) as connection:
        connection.execute(sa.insert(tables.zone), [{"name": "Europe/Stockholm"}])
        connection.execute(sa.insert(tables.message_content), [_kept(number) for number in range(BEFORE)])
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        with writing(engine) as connection:
            for table, made in _MADE.items():
                connection.execute(sa.insert(table), [made(number) for number in numbers if _has(table, number)])
            sent = [_sent(number, *rules[number % len(rules)]) for number in numbers]
            connection.execute(sa.insert(tables.enrollment), [ledger for ledger, _ in sent])
            connection.execute(sa.insert(tables.message), [queued for _, queued in sent])
    _finish(engine)


def lengthen(engine: sa.Engine, count: int) -> None:
    """Let so many more mails stand behind those of a queue: copies of one of them, to addresses of their own."""
    numbers = sa.select(sa.literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.number + 1).where(numbers.c.number < count))
    name = sa.literal("z") + sa.cast(numbers.c.number, sa.Text)
    model = sa.select(sa.func.min(tables.message.c.send_id)).scalar_subquery()
    own = {"send_id": name, "address_hash": name, "subject_id": name, "recipient_id": name}
    copied = [own.get(column.name, column) for column in tables.message.c]
    copies = sa.select(*copied).select_from(sa.join(tables.message, numbers, sa.true()))
    with writing(engine) as connection:
        connection.execute(sa.insert(tables.recipient).from_select(["address_hash"], sa.select(name)))
        copies = copies.where(tables.message.c.send_id == model)
        connection.execute(sa.insert(tables.message).from_select(list(tables.message.c), copies))
    _finish(engine)


def again(engine: sa.Engine) -> None:
    """Queue all mails once more, as if none had been rendered or sent."""
    with writing(engine) as connection:
        connection.execute(sa.delete(tables.message_content).where(tables.message_content.c.facts != _OF_BEFORE))
        connection.execute(sa.update(tables.message).values(**_QUEUED))
        connection.execute(sa.update(tables.recipient).values(last_sent_at=None))
    _finish(engine)


def sent(engine: sa.Engine) -> int:
    """Return how many mails were accepted, with their content kept."""
    done = sa.select(sa.func.count()).select_from(tables.message).where(tables.message.c.status == "sent")
    kept = tables.message_content.c.send_id == tables.message.c.send_id
    with engine.connect() as connection:
        return connection.execute(done.join(tables.message_content, kept)).scalar_one()


def _finish(engine: sa.Engine) -> None:
    """Let the database take its statistics and write everything out, so that no round pays for the one before."""
    sqlite = engine.dialect.name == "sqlite"
    fresh = connect(engine.url.render_as_string(hide_password=False))
    with fresh.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if not sqlite:
            driver.autocommit = True
        for statement in ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)") if sqlite else ("VACUUM ANALYZE", "CHECKPOINT"):
            driver.execute(statement).fetchall() if sqlite else driver.execute(statement)
    fresh.dispose()


def _kept(number: int) -> Row:
    said = dict.fromkeys(("sender", "recipient", "subject", "html", "text"), "said")
    old = {"send_id": f"before-{number}", "language": "en", "headers": {}, "facts": _OF_BEFORE}
    return {**said, **old, "rendered_at": SIGNED_UP}


def _has(table: sa.Table, number: int) -> bool:
    return number % COLLEAGUES == 0 or table not in {tables.account, tables.trait}


def _customer(number: int) -> Row:
    name = f"Ana {number}"
    return {
        "id": f"c{number:07}",
        "email": _address(number),
        "email_key": _address(number),
        "first_name": name,
        "first_name_key": name.casefold(),
        "last_name": "Lindqvist",
        "last_name_key": "lindqvist",
        "locale": "en",
        "locale_key": "en",
        "time_zone": "Europe/Stockholm",
        "time_zone_key": "europe/stockholm",
        "signed_up_at": SIGNED_UP,
        "signed_up_on": SIGNED_UP.date(),
        "account_id": f"a{number // COLLEAGUES:07}",
        "last_seen_at": LAST_SEEN,
        "seen_changed_at": LAST_SEEN,
        "created_at": SIGNED_UP,
        "changed_at": SIGNED_UP,
    }


def _account(number: int) -> Row:
    return {
        "id": f"a{number // COLLEAGUES:07}",
        "name": "Blue Reef",
        "name_key": "blue reef",
        "status": "active",
        "status_key": "active",
        "plan": "pro",
        "plan_key": "pro",
        "amount": 12_000,
        "currency": "EUR",
        "currency_key": "eur",
        "card_expires_on": CARD_EXPIRES,
        "created_at": SIGNED_UP,
        "changed_at": SIGNED_UP,
    }


def _trait(number: int) -> Row:
    of = {"subject_type": "account", "subject_id": f"a{number // COLLEAGUES:07}", "name": "boards"}
    return {**of, "number": 3, "changed_at": SIGNED_UP}


def _event(number: int) -> Row:
    happened = {"customer_id": f"c{number:07}", "id": f"e{number:07}", "name": "Signed Up", "properties": {}}
    return {**happened, "at": SIGNED_UP, "received_at": SIGNED_UP}


def _total(number: int) -> Row:
    stamps = ("first_at", "last_at", "first_changed_at", "last_changed_at", "changed_at")
    return {"customer_id": f"c{number:07}", "name": "Signed Up", "count": 1} | dict.fromkeys(stamps, SIGNED_UP)


def _recipient(number: int) -> Row:
    return {"address_hash": address_hash(_address(number), "bench")}


_MADE: dict[sa.Table, Callable[[int], Row]] = {
    tables.account: _account,
    tables.trait: _trait,
    tables.customer: _customer,
    tables.event: _event,
    tables.event_total: _total,
    tables.recipient: _recipient,
}
_QUEUED: Row = {
    "status": "queued",
    "reason": None,
    "attempt": 0,
    "doubts": 0,
    "first_intent_at": None,
    "worker": None,
    "lease_until": None,
    "provider": None,
    "provider_message_id": None,
}


def _sent(number: int, rule: str, shape: Shape) -> tuple[Row, Row]:
    """Return what the ledger and the outbox hold of one mail."""
    customer_id = f"c{number:07}"
    occurrence = f"{shape.fact}/{offset_code(shape.offset)}"
    key = {"subject_type": "customer", "subject_id": customer_id, "rule": rule, "occurrence": occurrence, "step": ""}
    ledger = {
        **key,
        "state": "enrolled",
        "fact": shape.fact,
        "send": "the moment",
        "offset": shape.offset // timedelta(microseconds=1),
        "since_at": shape.since,
        "queued_at": NOW,
        **dict.fromkeys(("due_at", "moment_at", "decided_at"), NOW),
        "release_id": 1,
    }
    queued = {
        **key,
        **_QUEUED,
        "send_id": send_id(**key, recipient=customer_id, secret="bench"),
        "recipient_id": customer_id,
        "address_hash": address_hash(_address(number), "bench"),
        "topic": TOPIC,
        "template": rule,
        "release_id": 1,
        "priority": 1000,
        "expires_at": NOW + timedelta(days=1),
        **dict.fromkeys(("due_at", "not_before", "created_at", "status_at"), NOW),
    }
    return ledger, queued


def _address(number: int) -> str:
    return f"ana.{number}@customer.test"
