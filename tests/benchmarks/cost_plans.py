"""What the plans of a tick's statements must not hold: a step that reads a whole table, or builds an index to help."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from benchmarks.cost_databases import behind
from benchmarks.cost_rules import PROGRAMS

from engine.db import by_keys
from engine.evaluate.state import OVERLAP
from engine.models.tables import rule_state
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.windows import Window

STATEMENTS = ("candidates", "states", "enroll", "enroll last")
OF_MEMBERS = ("members moving", "members leaving", "members entering")
STORED = {table.name for table in rule_state.metadata.sorted_tables}
LARGE = 5_000
"""PostgreSQL may read a table of fewer rows whole."""
HELPERS = {"Filter": "a Bloom filter", "FilterAdd": "a Bloom filter", "OpenAutoindex": "an automatic index"}


def faults(engine: sa.Engine) -> list[str]:
    """Return what is wrong with the plans of the rules' statements, after the database took its statistics."""
    look = _sqlite if engine.dialect.name == "sqlite" else _postgresql
    found: set[str] = set()
    with engine.connect() as connection:
        by_keys(connection)  # as in a tick
        for program in PROGRAMS.values():
            given = _given(connection, program)
            for name in (*STATEMENTS, *(OF_MEMBERS if program.has_members else ())):
                found |= {f"{program.rule.name}, {name}: {fault}" for fault in look(connection, program, name, given)}
    return sorted(found)


def _given(connection: sa.Connection, program: Program) -> dict[str, Any]:
    watermark, now = behind("an hour")
    zones = zones_in_use(connection, program.zone)
    count = len(program.codes)
    window = Window(now=now, after=(watermark,) * count, until=(now,) * count, late=program.late)
    given = program.arm_parameters(since=watermark - OVERLAP, now=now, zones=zones)
    given |= (
        program.window_parameters(window, zones=zones, stands_for={}) | program.send_parameters(window, zones=zones)[0]
    )
    ids = json.dumps([f"c{number:07d}" for number in range(200)])
    return given | {"ids": ids, "rule": program.rule.name, "release_id": 1, "anew": 0, "entered": now}


def _sqlite(connection: sa.Connection, program: Program, name: str, given: dict[str, Any]) -> Iterator[str]:
    statement = program.statement(name, connection.dialect)
    assert statement.order is not None
    values = tuple({**statement.constants, **given}[key] for key in statement.order)
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.sql}", values):
        scanned = re.match(r"SCAN (\w+?)(?:_\d+)?(?: |$)", row[3])
        if scanned and scanned[1] in STORED:
            yield row[3]
    for row in connection.exec_driver_sql(f"EXPLAIN {statement.sql}", values):
        if row[1] in HELPERS:
            yield HELPERS[row[1]]


def _postgresql(connection: sa.Connection, program: Program, name: str, given: dict[str, Any]) -> Iterator[str]:
    statement = program.statement(name, connection.dialect)
    large = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %(rows)s"
    tables = set(connection.exec_driver_sql(large, {"rows": LARGE}).scalars())
    values = {key: {**statement.constants, **given}[key] for key in statement.constants}
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.sql}", values).scalar_one()
    for node in _nodes(explained[0]["Plan"]):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in tables:
            yield f"Seq Scan on {node['Relation Name']}"


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)
