"""No statement of a tick reads a whole table on SQLite, whatever its statistics say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from benchmarks.cost_population import NOW, fill
from benchmarks.cost_rules import PROGRAMS
from careless import careless
from evaluate.staging import FACTS, rule

from engine import schema
from engine.db import connect, writing
from engine.models.tables import rule_state
from engine.rules.compiler import Program, compile_rule
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    OnTrigger,
    PropertyTest,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
)
from engine.rules.operators import OPERATORS, Takes
from engine.rules.sql.windows import Window

STORED = {table.name for table in rule_state.metadata.sorted_tables}
DAYS = timedelta(days=3)
TIMES = (
    ScheduleTrigger(cron="0 9 * * *", zone="UTC"),
    OnTrigger(when=date(2026, 3, 3)),
    OnTrigger(when=datetime(2026, 3, 3, 9, tzinfo=UTC)),
)
ZONES = ("America/New_York", "UTC")


def _tests() -> Iterator[FactTest | DidTest]:
    """Yield one test of each operator for each kind of fact it fits, and of each kind of `did`."""
    given: dict[Takes, tuple[Any, ...]] = {Takes.NOTHING: (), Takes.SPAN: (DAYS,)}
    for fact in FACTS.values():
        for words, operator in OPERATORS.items():
            if fact.type in operator.types and operator.takes in given:
                yield FactTest(fact=fact, operator=words, operands=given[operator.takes])
    where = (PropertyTest(name="plan", operator="is", operands=("pro",)),)
    for event in ("Logged In", None):
        yield DidTest(event=event)
        yield DidTest(event=event, within=DAYS, at_most=2, where=where)


def _rules() -> Iterator[Rule]:
    dates = [fact for fact in FACTS.values() if fact.type.value in {"date", "time"}]
    yield from (rule(DateTrigger(fact=fact), -1, 3, to_role=role) for fact in dates for role in (None, "owner"))
    kept = [fact for fact in dates if fact.path not in {"customer.last_seen_at", "account.card_expires_on"}]
    for period in ("year", "month"):
        yield from (rule(EveryTrigger(period=period, since=fact), 0) for fact in kept)
    yield from (rule(SilentTrigger(event=event, or_since=fact), 14) for event in (None, "Logged In") for fact in kept)
    yield from (rule(EventTrigger(event="Logged In", first=first), 1) for first in (True, False))
    yield from (rule(BackTrigger(after=DAYS), 0), rule(BackTrigger(after=DAYS), 0, conditions=list(_tests())))
    for trigger in TIMES:
        yield rule(trigger, 0)
        yield rule(trigger, 0, 3, to_role="owner")
        yield rule(trigger, 1, conditions=list(_tests()))
    yield rule(OnTrigger(when=date(2026, 3, 3)), -1)
    of_account = [test for test in _tests() if isinstance(test, DidTest) or test.fact.subject == "account"]
    yield rule(DateTrigger(fact=FACTS["account.renews_on"]), 0, to_role="owner", conditions=of_account)
    yield rule(BecomesTrigger(conditions=Group(kind="any", parts=tuple(_tests()))), 0, 3)
    yield rule(BecomesTrigger(conditions=Group(kind="none", parts=tuple(of_account))), 0, to_role="owner")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    """Some thousand customers, analysed."""
    engine = careless(connect(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'plans.db'}"))
    schema.upgrade(engine)
    fill(engine, 3_000)
    with writing(engine) as connection:
        for kind in ("customer", "account"):
            connection.exec_driver_sql(
                "INSERT INTO trait (subject_type, subject_id, name, day, time, number, changed_at) "
                f"SELECT '{kind}', id, 'trial_ends_on', '2026-03-02', 1, 1, 1 FROM {kind} "
                f"UNION ALL SELECT '{kind}', id, 'demo_at', '2026-03-02', 1, 1, 1 FROM {kind}"
            )
            connection.exec_driver_sql(
                "INSERT INTO membership (rule, subject_type, subject_id, episode, entered_at) "
                f"SELECT 'tried', '{kind}', id, 1, 1 FROM {kind}"
            )
    with writing(engine) as connection:
        connection.exec_driver_sql("ANALYZE")
    return engine


def _plan(connection: sa.Connection, program: Program, name: str, given: dict[str, Any]) -> list[str]:
    statement = program.statement(name, connection.dialect)
    values = {**statement.constants, "rule": "tried", "release_id": 1, **given}
    assert statement.order is not None
    given_values = tuple(values[n] for n in statement.order)
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}", given_values)
    code = connection.exec_driver_sql(f"EXPLAIN {statement.sql}", given_values)
    return [row[3] for row in plan] + [row[1] for row in code if row[1] in HELPERS]


def _read_whole(plan: list[str]) -> list[str]:
    """Return the steps that read a stored table, or an index of it, from end to end."""
    scans = [(step, re.match(r"SCAN (\w+?)(?:_\d+)?(?: |$)", step)) for step in plan]
    return [step for step, found in scans if found and found[1] in STORED] + [
        step for step in plan if "BLOOM" in step or step in HELPERS
    ]


def _given(program: Program) -> dict[str, Any]:
    count = len(program.codes)
    window = Window(now=NOW, after=(NOW - 10**9,) * count, until=(NOW,) * count, late=program.late)
    given = program.arm_parameters(since=NOW - 10**8, now=NOW, zones=ZONES)
    given |= program.window_parameters(window, zones=ZONES, stands_for={})
    return given | {"ids": '["c0000001"]', "items": "[]", "anew": 1, "entered": None}


STATEMENTS = ["candidates", "states", "enroll", "enroll last", "backfill", "recheck", "due candidates"]
HELPERS = {"Filter", "FilterAdd", "OpenAutoindex"}
"""Instructions of a Bloom filter, which the query plan does not always show, and of an index made for one statement."""


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_of_a_tick_scans_a_table(filled: sa.Engine, statement: str) -> None:
    """Of every trigger, every operator and both kinds of subject."""
    programs = [*PROGRAMS.values(), *(compile_rule(each, zone="UTC") for each in _rules())]
    found: dict[str, list[str]] = {}
    with filled.connect() as connection:
        for program in programs:
            if statement == "due candidates" and program.rule.for_everybody:
                continue
            scans = _read_whole(_plan(connection, program, statement, _given(program)))
            found |= {str(program.rule.trigger): scans} if scans else {}
    assert not found


@pytest.mark.parametrize("step", ["moving", "leaving", "restarting", "entering"])
def test_letting_in_and_out_scans_no_table(filled: sa.Engine, step: str) -> None:
    """Of everything that somebody may become."""
    programs = [compile_rule(each, zone="UTC") for each in _rules() if isinstance(each.trigger, BecomesTrigger)]
    with filled.connect() as connection:
        for program in programs:
            assert not _read_whole(_plan(connection, program, f"members {step}", _given(program)))


def test_the_number_of_customers_does_not_matter(filled: sa.Engine, tmp_path: Path) -> None:
    """Steps of SQLite's machine for an idle look at ten rules are as many over three thousand as over three hundred."""
    few = careless(connect(f"sqlite:///{tmp_path / 'few.db'}"))
    schema.upgrade(few)
    fill(few, 300)
    counts = [_steps(engine) for engine in (few, filled)]
    assert counts[1] <= counts[0] * 1.2


def _steps(engine: sa.Engine) -> int:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    idle = NOW + 3 * 10**9
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for program in PROGRAMS.values():
            given = program.arm_parameters(since=idle - 10**8, now=idle, zones=ZONES)
            program.run("candidates", connection, given).all()
            driver.set_progress_handler(step, 1)
            assert program.run("candidates", connection, given).all() == []
            driver.set_progress_handler(None, 0)
    return count
