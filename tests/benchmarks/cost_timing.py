"""Seconds of the engine and of statements by hand, which take turns, so that a busy machine slows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa
from benchmarks.cost_by_hand import by_hand
from benchmarks.cost_databases import behind, everybody, reset, tick, timed
from benchmarks.cost_population import TODAY
from benchmarks.cost_rules import PROGRAMS

from engine.clock import span
from engine.db import writing
from engine.evaluate.everybody import RANGE
from engine.evaluate.state import OVERLAP
from engine.rules.sql.statements import Prepared

PAIRS = 7
OPEN, LATE = span(timedelta(hours=1)), span(timedelta(days=3))


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Seconds of two ways that took turns, and how many rows each wrote."""

    ours: list[float]
    theirs: list[float]
    rows: int

    @property
    def ratio(self) -> float:
        """The middle of the pairs' ratios."""
        return median(one / other for one, other in zip(self.ours, self.theirs, strict=True))


class Hand:
    """The statements by hand, prepared for one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        name = engine.dialect.name
        self.ticks, self.passes = (
            {rule: [Prepared(sa.text(sql), engine.dialect) for sql in statements] for rule, statements in hand.items()}
            for hand in (by_hand(name, everybody=whole) for whole in (False, True))
        )

    def tick(self, now: int) -> None:
        """Catch up with what happened since the watermark of each rule."""
        for rule, statements in self.ticks.items():
            with writing(self.engine) as connection:
                since = self._watermark(connection, rule)
                _run(statements, connection, _given(rule, since, now))
                self._move(connection, rule, now)

    def full_pass(self, now: int) -> None:
        """Look at everybody, some at a time."""
        for rule, statements in self.passes.items():
            table = PROGRAMS[rule].rule.subject
            low = ""
            while True:
                with writing(self.engine) as connection:
                    high = self._next(connection, table, low)
                    if high is None:
                        self._move(connection, rule, now)
                        break
                    since = self._watermark(connection, rule)
                    given = _given(rule, since, now) | {"low_id": low, "high_id": high}
                    _run(statements, connection, given)
                    low = high

    @staticmethod
    def _next(connection: sa.Connection, table: str, low: str) -> str | None:
        ids = sa.text(f"SELECT max(id) FROM (SELECT id FROM {table} WHERE id > :low ORDER BY id LIMIT {RANGE}) AS part")
        found: str | None = connection.execute(ids, {"low": low}).scalar_one()
        return found

    @staticmethod
    def _watermark(connection: sa.Connection, rule: str) -> int:
        where = sa.text("SELECT watermark FROM rule_state WHERE rule = :rule")
        return int(connection.execute(where, {"rule": rule}).scalar_one())

    @staticmethod
    def _move(connection: sa.Connection, rule: str, now: int) -> None:
        move = sa.text("UPDATE rule_state SET watermark = :now WHERE rule = :rule")
        connection.execute(move, {"rule": rule, "now": now})


def _run(statements: list[Prepared], connection: sa.Connection, given: dict[str, Any]) -> None:
    for statement in statements:
        result = statement.run(connection, given)
        if result.returns_rows:
            result.all()


def _given(rule: str, watermark: int, now: int) -> dict[str, Any]:
    midnight, since = span(timedelta(days=(TODAY - date(1970, 1, 1)).days)), watermark - OVERLAP
    given: dict[str, Any] = {"rule": rule, "subject": PROGRAMS[rule].rule.subject, "since": since}
    given |= {"low": watermark - OPEN, "now": now, "late": LATE, "midnight": midnight, "year": str(TODAY.year)}
    given |= {"nine": span(timedelta(hours=9)), "nine_new_york": span(timedelta(hours=14))}
    days = {str(days): (TODAY + timedelta(days=days)).isoformat() for days in (30, 14, 7, 1)}
    struck = since < midnight + given["nine"] <= now
    for place, day in {**days, "_month_day": TODAY.isoformat()[5:]}.items():
        given |= {f"day{place}": day, f"due{place}": day if struck else ""}
    return given


def ticks(engine: sa.Engine, change: str, pairs: int = PAIRS) -> Pairs:
    """Measure a tick against the same by hand."""
    hand = Hand(engine)
    watermark, now = behind(change)
    return _pairs(engine, watermark, lambda: tick(engine, now), lambda: hand.tick(now), pairs)


def _pairs(
    engine: sa.Engine, watermark: int, ours: Callable[[], object], theirs: Callable[[], object], pairs: int
) -> Pairs:
    times: tuple[list[float], list[float]] = ([], [])
    written = [0, 0]
    for _ in range(pairs + 1):
        for place, work in enumerate((ours, theirs)):
            reset(engine, watermark)
            times[place].append(timed(work))
            written[place] = _ledger(engine)
    assert written[0] == written[1], f"the engine wrote {written[0]} rows, the statements by hand {written[1]}"
    return Pairs(ours=times[0][1:], theirs=times[1][1:], rows=written[0])


def _ledger(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM enrollment").scalar_one())


def full_passes(engine: sa.Engine, pairs: int = PAIRS) -> Pairs:
    """Measure a pass over everybody against the same by hand."""
    hand = Hand(engine)
    watermark, now = behind("a minute")

    return _pairs(engine, watermark, lambda: everybody(engine, now), lambda: hand.full_pass(now), pairs)
