"""Customers, accounts and ten events a customer, made inside the database: as much falls due however many there are.

The first customers and accounts come in lots of `LOT`. Those of a lot fall due for one reason, at some instant before
`NOW`: `MINUTE` of them in the last minute, `HOUR` in the last hour, all in the last day. All others are far from due.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import span, to_micros

TODAY = date(2026, 3, 2)
NOW = to_micros(datetime(2026, 3, 2, 9, 10, 50, tzinfo=UTC))
SECOND = 1_000_000
DAY = span(timedelta(days=1))
LOT, MINUTE, HOUR = 400, 5, 105
EVENTS = 10
_TABLES = ("customer", "account", "event", "event_total", "absence", "fact_change")
_LOADING = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"),
    "postgresql": ("SET synchronous_commit = off", "SET work_mem = '256MB'", "SET maintenance_work_mem = '256MB'"),
}
_FINISHING = {
    "sqlite": ("ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"),
    "postgresql": ("VACUUM ANALYZE", "CHECKPOINT"),
}


@dataclass(frozen=True)
class _Words:
    """What the two databases say differently."""

    numbers: str
    key: str
    day: str
    json: str = "'{}'"

    def id(self, letter: str, number: str) -> str:
        """Return the id of a number."""
        return f"'{letter}' || {self.key.format(number)}"

    def date(self, instant: str) -> str:
        """Return the day of an instant."""
        return self.day.format(instant)


_WORDS = {
    "sqlite": _Words(
        numbers="(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {}) SELECT n FROM s)",
        key="printf('%07d', {})",
        day="date(({}) / 1000000, 'unixepoch')",
    ),
    "postgresql": _Words(
        numbers="(SELECT n::bigint FROM generate_series(0, {} - 1) n)",
        key="lpad(({})::text, 7, '0')",
        day="to_char(to_timestamp(({}) / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        json="'{}'::jsonb",
    ),
}
_LAG = f"""(CASE WHEN n % {LOT} < {MINUTE} THEN n % {LOT} * 8
  WHEN n % {LOT} < {HOUR} THEN 100 + n % {LOT} * 33 ELSE 3700 + n % {LOT} * 200 END * {SECOND})"""
"""How long before `NOW` a customer of a lot falls due."""
_SIGNED_UP = {0: 0, 1: 7, 2: 14}
"""How many days ago the customers of a lot signed up."""
_LAST = {3: 14 * DAY, 4: 30 * DAY, 5: DAY // 24, 6: DAY, 7: 0}
"""How long ago the customers of a lot did the last thing they did."""


def fill(engine: sa.Engine, count: int) -> None:
    """Fill the tables of an empty database with so many customers, and let it take its statistics."""
    words = _WORDS[engine.dialect.name]
    made = (
        _ZONES,
        _accounts(words, count // 2),
        _customers(words, count),
        _events(words, count),
        _absences(words, count),
    )
    with _loading(engine) as driver:
        for sql in (*made, *_KEPT):
            driver.execute(sql)


@contextmanager
def _loading(engine: sa.Engine) -> Iterator[Any]:
    """Yield a connection of the driver that need not survive a crash; indexes are made when all rows are there."""
    connection = engine.raw_connection()
    driver: Any = connection.driver_connection
    if engine.dialect.name == "postgresql":
        driver.autocommit = True
    for setting in _LOADING[engine.dialect.name]:
        driver.execute(setting)
    indexes = _drop_indexes(driver, engine.dialect.name)
    yield driver
    for sql in (*indexes, *_FINISHING[engine.dialect.name]):
        driver.execute(sql)
    connection.invalidate()


def _drop_indexes(driver: Any, database: str) -> list[str]:  # noqa: ANN401 (a driver's own connection)
    """Drop the indexes that are no keys; returns the statements that make them again."""
    listed = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {}",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix%' AND tablename IN {}",
    }[database]
    found = driver.execute(listed.format(_TABLES)).fetchall()
    for name, _ in found:
        driver.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def _of_lot(values: dict[int, Any], other: str) -> str:
    """Return what customers or accounts of some lots have, and all others."""
    return f"CASE n / {LOT}{''.join(f' WHEN {lot} THEN {value}' for lot, value in values.items())} ELSE {other} END"


_ZONES = "INSERT INTO zone (name) VALUES ('UTC'), ('America/New_York')"


def _accounts(words: _Words, count: int) -> str:
    far = words.date(f"{NOW} + (60 + n % 700) * {DAY}")
    here = f"WHEN n % {LOT} < {HOUR} THEN"
    ends = {
        lot: f"CASE {here} '{TODAY + timedelta(days=days)}' ELSE {far} END" for lot, days in {0: 30, 1: 7, 2: 1}.items()
    }
    renews = {3: f"CASE {here} '{TODAY + timedelta(days=14)}' ELSE {far} END"}
    other = "'-1' || (n % 3) || '-' || (10 + n / 3 % 19)"
    began = {4: f"CASE {here} '-03-02' ELSE '-07-15' END"}
    return f"""
INSERT INTO account (id, status, status_key, card_expires_on, renews_on, subscribed_on, renewals, time_zone,
                     created_at, changed_at)
SELECT {words.id("a", "n")}, 'active', CASE WHEN n % 5 = 0 THEN 'cancelled' ELSE 'active' END,
  {_of_lot(ends, far)}, {_of_lot(renews, far)}, '20' || (20 + n % 5) || {_of_lot(began, other)},
  n % 4, CASE WHEN n % 3 = 0 THEN 'America/New_York' END, {NOW - 400 * DAY}, {NOW - 400 * DAY}
FROM {words.numbers.format(count)} numbers"""


def _customers(words: _Words, count: int) -> str:
    far = f"{NOW} - (100 + n % 600) * {DAY} - (12 * 3600 + n % 3600) * {SECOND}"
    signed_up = _of_lot({lot: f"{NOW} - {days * DAY} - {_LAG}" for lot, days in _SIGNED_UP.items()}, far)
    made = f"SELECT n, {signed_up} AS signed_up_at, {_at(0)} AS last_at FROM {words.numbers.format(count)} numbers"
    return f"""
INSERT INTO customer (id, email, email_key, account_id, signed_up_at, signed_up_on, last_seen_at, seen_changed_at,
                      created_at, changed_at)
SELECT {words.id("c", "n")}, 'c' || n || '@example.com', 'c' || n || '@example.com', {words.id("a", "n / 2")},
  signed_up_at, {words.date("signed_up_at")}, last_at, last_at + {SECOND}, {NOW - 800 * DAY},
  CASE n / {LOT} WHEN 0 THEN signed_up_at ELSE {NOW - 40 * DAY} END
FROM ({made}) made"""


def _at(serial: int | str) -> str:
    """Return when a customer did the thing of a serial number, 0 the last: in three sittings, some days apart."""
    days = f"(CASE WHEN n / {LOT} IN (3, 4, 7) THEN 60 ELSE 2 END + {serial} / 4 * 2) * {DAY}"
    usual = f"{NOW} - {days} - (n % 20000 + {serial} * 60) * {SECOND}"
    last = _of_lot({lot: f"{NOW} - {ago} - {_LAG}" for lot, ago in _LAST.items()}, usual)
    return f"CASE WHEN {serial} = 0 THEN {last} ELSE {usual} END"


def _events(words: _Words, count: int) -> str:
    last = _of_lot({5: "'Report Shared'", 6: "'Cancel Page Viewed'"}, "'Logged In'")
    shared = f"k = 9 AND n % 2 = 0 AND n / {LOT} <> 5"
    name = f"CASE WHEN k = 0 THEN {last} WHEN {shared} THEN 'Report Shared' ELSE 'Logged In' END"
    serials = words.numbers.format(EVENTS)
    made = f"SELECT n, k, {name} AS name, {_at('k')} AS at FROM {words.numbers.format(count)} numbers"
    return f"""
INSERT INTO event (customer_id, id, name, at, received_at, keys)
SELECT {words.id("c", "n")}, {words.id("e", "n")} || '.' || k, name, at, at + {SECOND},
  CASE WHEN n % 2 = 0 THEN {words.json.format('{"plan": "pro"}')} ELSE {words.json.format('{"plan": "basic"}')} END
FROM ({made} CROSS JOIN (SELECT n AS k FROM {serials} s) serials) made"""


def _absences(words: _Words, count: int) -> str:
    """The gaps of a day or more: between the sittings, and before the last thing that was done."""
    pairs = (
        f"SELECT n, {_at(before)} AS from_at, {_at(after)} AS until_at FROM {words.numbers.format(count)} numbers"
        for before, after in ((8, 7), (4, 3), (1, 0))
    )
    return f"""
INSERT INTO absence (customer_id, from_at, until_at, changed_at)
SELECT {words.id("c", "n")}, from_at, until_at, until_at + {SECOND}
FROM ({" UNION ALL ".join(pairs)}) pairs WHERE until_at - from_at >= {DAY}"""


_KEPT = (
    """INSERT INTO event_total
       (customer_id, name, first_at, last_at, count, first_changed_at, last_changed_at, changed_at)
       SELECT customer_id, name, min(at), max(at), count(*), min(received_at), max(received_at), max(received_at)
       FROM event GROUP BY customer_id, name""",
    """INSERT INTO fact_change (subject_type, subject_id, field, stamp, at, new)
       SELECT 'customer', id, 'signed_up_at', signed_up_at, signed_up_at, CAST(signed_up_at AS TEXT) FROM customer
       UNION ALL SELECT 'customer', id, 'account_id', created_at, created_at, account_id FROM customer
       UNION ALL SELECT 'account', id, 'card_expires_on', created_at, created_at, card_expires_on FROM account
       UNION ALL SELECT 'account', id, 'renews_on', created_at, created_at, renews_on FROM account
       UNION ALL SELECT 'account', id, 'subscribed_on', created_at, created_at, subscribed_on FROM account""",
)
"""What an intake keeps beside the rows themselves."""
