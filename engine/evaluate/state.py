"""Where each rule stands: read, locked and moved on. Instants are microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, span
from engine.db import Instant
from engine.models.tables import rule_state
from engine.rules.compiler import Program
from engine.rules.sql.stored import NEVER
from engine.rules.sql.windows import Window

OVERLAP = span(timedelta(seconds=30))
"""How far a tick looks back behind the watermark: the longest time that a transaction of the intake may take."""
BESIDE = ""
"""The key of `stands_for` that lists all offsets which the rule had before and has no more."""

_SOME = rule_state.c.rule.in_(sa.bindparam("rules", expanding=True))
_AT = sa.bindparam("at", type_=rule_state.c.watermark.type)
_COLUMNS = (
    sa.type_coerce(column, sa.BigInteger).label(column.name) if isinstance(column.type, Instant) else column
    for column in rule_state.c
)
_READ = sa.select(*_COLUMNS).order_by(rule_state.c.rule)
_READ_SOME = _READ.where(_SOME)
_LOCKED = _READ_SOME.with_for_update()
_MOVED = (
    sa.update(rule_state)
    .where(_SOME)
    .values(watermark=_AT, held_for=0, approved_at=sa.null(), approved_count=sa.null())
)
_PASSED = _MOVED.values(full_pass=False, full_pass_at=_AT, backfill=sa.null())


@dataclass(frozen=True, kw_only=True)
class State:
    """A row of `rule_state`; see there. A pass that notices who is in leaves the rule where it stands."""

    rule: str
    release_id: int
    fingerprint: str
    trigger_fingerprint: str
    activated: Mapping[str, int]
    watermark: int
    stands_for: Mapping[str, Sequence[int]] = field(default_factory=dict)
    backfill: Mapping[str, int | None] | None = None
    full_pass: bool = False
    full_pass_at: int | None = None
    noticed_at: int | None = field(default=None, compare=False)
    held_at: int | None = None
    held_count: int | None = None
    held_for: int = 0
    approved_at: int | None = None
    approved_count: int | None = None
    paused_at: int | None = None
    retired_at: int | None = None
    recasting: bool = False

    @property
    def beside(self) -> Sequence[int] | None:
        """The offsets that rows of the rule may have beside those that it has now; None where that is not known."""
        return self.stands_for.get(BESIDE)

    def held_until(self, now: int) -> int:
        """Return how long the rule was held, in microseconds, since it was last evaluated: nothing is late by that."""
        return self.held_for + (0 if self.held_at is None else max(now - self.held_at, 0))


def read(connection: sa.Connection, *rules: str, lock: bool = False) -> dict[str, State]:
    """Return where all rules stand, or some; with `lock` nobody else moves those before this transaction ends."""
    chosen = _LOCKED if lock else _READ_SOME if rules else _READ
    rows = connection.execute(chosen, {"rules": rules} if rules else None).mappings()
    return {row["rule"]: _state(row) for row in rows}


def _state(row: sa.RowMapping) -> State:
    values: dict[str, Any] = dict(row)
    if values["watermark"] is None:
        values["watermark"] = max(values["activated"].values(), default=NEVER)
    return State(**values)


def change(connection: sa.Connection, rule: str, **values: Any) -> None:  # noqa: ANN401 (columns of all types)
    """Change a rule's row; instants are given as microseconds."""
    columns = rule_state.c
    given = {
        name: from_micros(value) if name.endswith("_at") or name == "watermark" else value
        for name, value in values.items()
        if value is not None
    }
    cleared = {name: sa.null() for name, value in values.items() if value is None}
    connection.execute(sa.update(rule_state).where(columns.rule == rule).values(**given, **cleared))


def move_on(connection: sa.Connection, rules: Sequence[str], now: int, *, passed: bool = False) -> None:
    """Move the watermarks of rules to now, `passed` after a pass over everybody; what was approved is used up."""
    at = from_micros(now)
    connection.execute(_PASSED if passed else _MOVED, {"rules": rules, "at": at})


def lowest(state: State, program: Program, watermark: int) -> tuple[int, ...]:
    """Return from when on each offset's moments are judged: those still open at the watermark, after activation."""
    still_open = watermark - max(span(program.rule.open_for), OVERLAP)
    return tuple(max(still_open, state.activated[code]) for code in program.codes)


def tick_window(state: State, program: Program, now: int) -> Window:
    """Return the moments that a tick at `now` judges; a watermark ahead of the clock is moved back to it."""
    after = lowest(state, program, min(state.watermark, now))
    return Window(now=now, after=after, until=(now,) * len(after), late=program.late, held=state.held_for)


def backfill_window(state: State, program: Program, now: int, oldest: int) -> Window:
    """Return the moments of the past that `backfill` asks for, and those since."""
    assert state.backfill is not None
    length = state.backfill["from"]
    after = tuple(NEVER if length is None else state.activated[code] - length for code in program.codes)
    live = min(state.activated.values())
    return replace(tick_window(state, program, now), after=after, oldest=oldest, live=live)
