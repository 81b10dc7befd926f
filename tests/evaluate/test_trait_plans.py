"""A trait that a rule uses is found by an index, on both databases, whatever its type and whatever is asked of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from careless import careless
from evaluate.staging import at, rule

from engine.clock import from_micros, span, to_micros
from engine.db import writing
from engine.facts import Fact, FactType, Trait
from engine.models.tables import account, customer, trait
from engine.rules.compiler import Program, compile_rule
from engine.rules.model import DateTrigger, DidTest, EventTrigger, EveryTrigger, FactTest, Rule, SilentTrigger
from engine.rules.operators import OPERATORS, Takes
from engine.rules.sql.windows import Window
from engine.traits import lay_out

PEOPLE = 4_000
NOW = to_micros(at("2026-03-02 09:00:20"))
DAYS = timedelta(days=3)
ZONES = ("America/New_York", "UTC")
STATEMENTS = (
    "candidates",
    "due candidates",
    "states",
    "enroll",
    "backfill",
    "recheck",
    "outlook",
    "clauses",
)
VALUES: dict[FactType, tuple[Any, Any]] = {
    FactType.TEXT: ("gold", "silver"),
    FactType.URL: ("https://a.test", "https://b.test"),
    FactType.NUMBER: (3, 9),
    FactType.MONEY: (300, 900),
    FactType.BOOLEAN: (True, False),
    FactType.DATE: (date(2026, 3, 1), date(2026, 3, 9)),
    FactType.TIME: (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC)),
}
TRAITS = tuple(
    Trait(subject=subject, name=f"own_{type_}", type=type_) for subject in ("customer", "account") for type_ in FactType
)


def _value(type_: FactType, number: int) -> Any:  # noqa: ANN401 (each type has its own)
    """Return the stored value of the n-th subject: thousands of different ones where a type has as many."""
    if type_ is FactType.DATE:
        return (date(1990, 1, 1) + timedelta(days=number * 3)).isoformat()
    if type_ is FactType.TIME:
        return NOW + (number - PEOPLE // 2) * span(timedelta(hours=7))
    return f"https://a.test/{number}" if type_ in {FactType.TEXT, FactType.URL} else number % 2


@pytest.fixture
def filled(database: sa.Engine) -> sa.Engine:
    """Some thousand customers and accounts with a trait of each type, analysed."""
    careless(database)
    long_ago = from_micros(NOW - span(timedelta(days=400)))
    stamps = {"created_at": long_ago, "changed_at": long_ago}
    with writing(database) as connection:
        connection.execute(sa.insert(account), [{"id": f"a{n:05}", **stamps} for n in range(PEOPLE)])
        people = [{"id": f"c{n:05}", "account_id": f"a{n:05}", **stamps} for n in range(PEOPLE)]
        connection.execute(sa.insert(customer), people)
        for each in TRAITS:
            connection.execute(sa.insert(trait), list(_rows(each, long_ago)))
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return database


def _rows(each: Trait, stamp: datetime) -> Iterator[dict[str, Any]]:
    for number in range(PEOPLE):
        stored = lay_out(each.type, _value(each.type, number))._asdict()
        stored["time"] = None if stored["time"] is None else from_micros(stored["time"])
        id_ = f"{each.subject[0]}{number:05}"
        yield {"subject_type": each.subject, "subject_id": id_, "name": each.name, "changed_at": stamp, **stored}


def _tests(fact: Fact) -> Iterator[FactTest]:
    """Yield every test that a rule can make of a fact."""
    one, other = VALUES[fact.type]
    given: dict[Takes, tuple[Any, ...]] = {
        Takes.NOTHING: (), Takes.SPAN: (DAYS,), Takes.ONE: (one,), Takes.MANY: (one, other), Takes.TWO: (one, other),
        Takes.GLOB: ("g*",),
    }  # fmt: skip
    for words, operator in OPERATORS.items():
        if fact.type in operator.types:
            yield FactTest(fact=fact, operator=words, operands=given[operator.takes])


def _rules() -> Iterator[tuple[str, Rule]]:
    """Yield a rule for every trigger on a trait, and one with all tests of it, for customers and for accounts."""
    for each in TRAITS:
        fact = each.fact
        for role in (None, "owner") if each.subject == "account" else (None,):
            if each.type in {FactType.DATE, FactType.TIME}:
                yield f"{role} date {fact.path}", rule(DateTrigger(fact=fact), -1, 3, to_role=role)
                for period in ("year", "month"):
                    yield f"{role} {period} {fact.path}", rule(EveryTrigger(period=period, since=fact), 0, to_role=role)
        if each.type in {FactType.DATE, FactType.TIME}:
            yield f"since {fact.path}", rule(SilentTrigger(event=None, or_since=fact), 14)
        yield f"tests of {fact.path}", rule(EventTrigger(event="Bought"), 1, conditions=list(_tests(fact)))
    of_account = [test for each in TRAITS if each.subject == "account" for test in _tests(each.fact)]
    on = next(each.fact for each in TRAITS if each.subject == "account" and each.type is FactType.DATE)
    yield (
        "account rule",
        rule(DateTrigger(fact=on), 0, to_role="owner", conditions=[*of_account, DidTest(event="Bought")]),
    )


def _given(program: Program) -> dict[str, Any]:
    count = len(program.codes)
    window = Window(now=NOW, after=(NOW - 10**9,) * count, until=(NOW,) * count, late=program.late)
    given = program.arm_parameters(since=NOW - 10**8, now=NOW, zones=ZONES)
    given |= program.window_parameters(window, zones=ZONES, stands_for={})
    subject = "a00001" if program.rule.subject == "account" else "c00001"
    return given | {
        "ids": json.dumps([subject]),
        "items": json.dumps([[0, subject, "x"]]),
        "moment": json.dumps([[subject, None, None]]),
    }


def _scans(connection: sa.Connection, program: Program, name: str) -> list[str]:
    """Return the steps of a statement's plan that read all traits, or all of one name."""
    statement = program.statement(name, connection.dialect)
    values = {**statement.constants, "rule": "tried", "release_id": 1, **_given(program)}
    if statement.order is None:
        explained = f"EXPLAIN {statement.sql}"
        plan = connection.exec_driver_sql(explained, {n: values[n] for n in statement.constants}).scalars()
        return [step for step in plan if re.search(r"Seq Scan on trait", step)]
    explained = f"EXPLAIN QUERY PLAN {statement.sql}"
    steps = [row[3] for row in connection.exec_driver_sql(explained, tuple(values[n] for n in statement.order))]
    return [step for step in steps if re.match(r"SCAN trait", step) or _of_name_alone(step)]


def _of_name_alone(step: str) -> bool:
    """Tell whether a step reads all rows of one trait: an index of it, and nothing asked but whose and which."""
    return bool(re.match(r"SEARCH trait\S* USING .*INDEX \S+ \(subject_type=\? AND name=\?\)$", step))


@pytest.mark.slow
def test_no_trait_is_found_by_reading_all_of_them(filled: sa.Engine) -> None:
    """Of every trigger on a trait, every operator of every type, and every statement a rule has."""
    found: dict[str, list[str]] = {}
    with filled.connect() as connection:
        for title, each in _rules():
            program = compile_rule(each, zone="UTC")
            for name in STATEMENTS:
                if scans := _scans(connection, program, name):
                    found[f"{name}: {title}"] = scans
    assert not found


def test_values_differ_as_they_would(filled: sa.Engine) -> None:
    """The statistics that plans are made from are those of thousands of values, else a scan might be right."""
    with filled.connect() as connection:
        days = connection.execute(sa.select(sa.func.count(sa.distinct(trait.c.day)))).scalar_one()
        rows = connection.execute(sa.select(sa.func.count()).select_from(trait)).scalar_one()
    assert (rows, days > PEOPLE) == (len(TRAITS) * PEOPLE, True)
