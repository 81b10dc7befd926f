"""The counter that knows no noise: instructions of SQLite's machine, and what the plans say.

- An *arm* is one SELECT of the union that a tick looks for candidates with.
- A *candidate judged* is a subject that the arms of a rule gave, asked about one offset of the rule; found by several
  arms, it counts once. `becomes` asks its subjects twice: whether they are in, and about the moments of their stay;
  and of those who came in or went out a stay is looked up and written, in a table that is kept by hand, too. Each of
  these questions counts as a candidate of its own.
- An *enrolled* is a row written into the ledger.

Counted are the instructions of the statements that are compiled from rules: looking for candidates and judging them.
What a tick does beside (reading where the rules stand, moving the watermarks) is the same whatever changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from benchmarks.cost_databases import behind, reset, tick
from benchmarks.cost_rules import PROGRAMS

from engine.evaluate import state
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.candidates import these

ARM, CANDIDATE, ENROLLED = 25, 40, 100
"""How many instructions each may cost."""
JUDGING = ("members moving", "members leaving", "members entering", "enroll", "enroll last", "states")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a tick cost: instructions for finding, judging and all else, and what they were spent on."""

    arms: int
    candidates: int
    enrolled: int
    find: int
    judge: int
    rest: int

    @property
    def allowed(self) -> int:
        """How many instructions the tick may cost."""
        return ARM * self.arms + CANDIDATE * self.candidates + ENROLLED * self.enrolled

    @property
    def counted(self) -> int:
        """How many it cost."""
        return self.find + self.judge


def cost(engine: sa.Engine, change: str) -> Cost:
    """Count a tick."""
    watermark, now = behind(change)
    reset(engine, watermark)
    arms, candidates = looked_at(engine, watermark, now)
    with _counting(engine) as steps:
        report = tick(engine, now)
    written = sum(rule.enrolled + rule.expired + rule.overtaken for rule in report.rules)
    return Cost(
        arms=arms,
        candidates=candidates,
        enrolled=written,
        find=steps["candidates"],
        judge=sum(steps[name] for name in JUDGING),
        rest=steps[""],
    )


def looked_at(engine: sa.Engine, watermark: int, now: int) -> tuple[int, int]:
    """Return how many arms the rules have, and how many candidates these give, each offset counted."""
    arms, candidates = 0, 0
    with engine.connect() as connection:
        zones = zones_in_use(connection, "UTC")
        for program in PROGRAMS.values():
            given = program.arm_parameters(since=watermark - state.OVERLAP, now=now, zones=zones)
            ids = set(program.run("candidates", connection, given).scalars())
            arms += program.statement("candidates", connection.dialect).sql.count("UNION ALL") + 1
            candidates += len(ids) * len(program.codes)
            if program.has_members:
                candidates += len(ids) + _moving(connection, program, ids, now)
    return arms, candidates


def _moving(connection: sa.Connection, program: Program, ids: set[str], now: int) -> int:
    """Return how many come in or go out."""
    given = {"now": now, "anew": 0, "entered": now, **these(ids)}
    return len(program.run("members moving", connection, given).all())


@contextmanager
def _counting(engine: sa.Engine) -> Iterator[Counter[str]]:
    """Count the instructions of SQLite's machine by the statement they belong to."""
    steps: Counter[str] = Counter()
    names = {
        program.statement(name, engine.dialect).sql: name
        for program in PROGRAMS.values()
        for name in ("candidates", *JUDGING)
        if program.has_members or not name.startswith("members")
    }
    running = ""

    def step() -> int:
        steps[running] += 1
        return 0

    def begins(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:  # noqa: ANN401 (SQLAlchemy's signature)
        nonlocal running
        running = names.get(sql, "")

    engine.dispose()
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(step, 1)
    sa.event.listen(engine, "before_cursor_execute", begins)
    yield steps
    sa.event.remove(engine, "before_cursor_execute", begins)
    driver.set_progress_handler(None, 0)
