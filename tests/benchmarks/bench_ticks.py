"""Ticks: ten rules over 100,000 customers, against the same work in statements written by hand; idle ticks; growth.

The two take turns, so that a busy machine slows both. Growth is counted in steps of SQLite's machine, which no other
program can disturb.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.ticks_by_hand import BY_HAND
from benchmarks.ticks_rules import NOW, PROGRAMS, people

from engine import evaluate, schema
from engine.clock import from_micros, monotonic, span
from engine.db import connect, writing

MINUTE = 60_000_000
ROUNDS = 9
LIMITS = evaluate.Limits(max_at_once=1_000_000, net=False)
OVERLAP, OPEN, LATE = MINUTE // 2, 60 * MINUTE, 3 * 24 * 60 * MINUTE
TARGETS = {"due": 3.0, "idle": 1.0, "growth": 1.3}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    value: float
    unit: str
    target: float
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether the target is missed."""
        return self.value > self.target


def main() -> int:
    """Print the table; return 1 where a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (database(f"{folder}/{count}.db", count) for count in (10_000, 100_000))
        rows = [*due(large), idle(large), *growth(small, large)]
    sys.stdout.write(f"{'ten rules':44}{'measured':>12}{'target':>9}\n")
    for row in rows:
        sys.stdout.write(f"{row.what:44}{row.value:>9.2f} {row.unit:2}{row.target:>9.2f}  {row.note}\n")
    return int(any(row.missed for row in rows))


def database(path: str, count: int) -> sa.Engine:
    """Return a database of so many customers with the rules live a minute before `NOW`."""
    engine = connect(f"sqlite:///{path}")
    schema.upgrade(engine)
    with writing(engine) as connection:
        people(connection, count)
    with writing(engine) as connection:
        connection.exec_driver_sql("ANALYZE")
        for program in PROGRAMS.values():
            evaluate.activate(connection, program, release_id=1, now=from_micros(NOW - 30 * 24 * 60 * MINUTE))
    return engine


def reset(engine: sa.Engine, watermark: int) -> None:
    """Empty the ledger and set every watermark."""
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM enrollment")
        connection.exec_driver_sql("UPDATE rule_state SET watermark = ?", (watermark,))


def tick(engine: sa.Engine, now: int) -> evaluate.Report:
    """Evaluate all rules."""
    return evaluate.run_once(engine, PROGRAMS, release_id=1, now=from_micros(now), limits=LIMITS)


def by_hand(engine: sa.Engine, now: int) -> int:
    """Run the statements written by hand, each in a transaction that moves the watermark; returns the rows written."""
    written = 0
    for rule, sql in BY_HAND.items():
        with writing(engine) as connection:
            last = connection.exec_driver_sql("SELECT watermark FROM rule_state WHERE rule = ?", (rule,)).scalar_one()
            given = hand_parameters(rule, last, now)
            written += len(connection.exec_driver_sql(sql, given).all())
            connection.exec_driver_sql("UPDATE rule_state SET watermark = ? WHERE rule = ?", (now, rule))
    return written


def hand_parameters(rule: str, last: int, now: int) -> dict[str, Any]:
    """Return the parameters of a statement written by hand."""
    subject = PROGRAMS[rule].rule.subject
    today = from_micros(now).date()
    days = {f"day{days}": (today + timedelta(days=days)).isoformat() for days in (30, 14, 7, 1)}
    nine = span(timedelta(days=(today - date(1970, 1, 1)).days, hours=9))
    given = {"rule": rule, "subject": subject, "since": last - OVERLAP, "low": last - OPEN, "now": now, "late": LATE}
    return {**given, **days, "due": nine, "year": str(today.year), "month_day": today.isoformat()[5:]}


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    began = monotonic()
    work()
    return monotonic() - began


def due(engine: sa.Engine) -> list[Row]:
    """Measure a tick at which some hundreds are due against the same by hand."""
    ours, theirs, enrolled, written = [], [], 0, 0
    for _ in range(ROUNDS):
        reset(engine, NOW - MINUTE)
        ours.append(timed(lambda: tick(engine, NOW)))
        enrolled = ledger(engine)
        reset(engine, NOW - MINUTE)
        theirs.append(timed(lambda: by_hand(engine, NOW)))
        written = ledger(engine)
    assert enrolled == written, f"the engine wrote {enrolled} rows, the statements by hand {written}"
    assert enrolled >= 500, f"only {enrolled} rows were due"
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    note = f"{enrolled} rows: {median(ours) * 1000:.1f} ms, by hand {median(theirs) * 1000:.1f} ms"
    return [Row(what="a tick with rows due, against by hand", value=ratio, unit="x", target=TARGETS["due"], note=note)]


def ledger(engine: sa.Engine) -> int:
    """Return how many rows the ledger has."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM enrollment").scalar_one())


def idle(engine: sa.Engine) -> Row:
    """Measure ticks at which nothing is due, in milliseconds a rule: the quickest, as other programs only add."""
    reset(engine, NOW + 30 * MINUTE)
    took = [timed(lambda at=NOW + (31 + minute) * MINUTE: tick(engine, at)) for minute in range(41)]  # type: ignore[misc]
    return Row(
        what="an idle rule",
        value=min(took) * 1000 / len(PROGRAMS),
        unit="ms",
        target=TARGETS["idle"],
    )


def growth(small: sa.Engine, large: sa.Engine) -> list[Row]:
    """Count the steps of both kinds of tick over ten times as many customers, of whom as many are due."""
    rows = []
    for what, start, now in (("due", NOW - MINUTE, NOW), ("idle", NOW + 30 * MINUTE, NOW + 31 * MINUTE)):
        counts = [steps(engine, start, now) for engine in (small, large)]
        note = f"{counts[0]:,} and {counts[1]:,} steps"
        name = f"growth of {what} ticks, 10,000 to 100,000"
        rows.append(Row(what=name, value=counts[1] / counts[0], unit="x", target=TARGETS["growth"], note=note))
    return rows


def steps(engine: sa.Engine, start: int, now: int) -> int:
    """Return how many steps SQLite's machine takes for a tick, counted in tens."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 10
        return 0

    reset(engine, start)
    engine.dispose()
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(step, 10)
    tick(engine, now)
    driver.set_progress_handler(None, 0)
    return count


if __name__ == "__main__":
    sys.exit(main())
