"""Letting subjects in and out of what a `becomes` rule describes, before its moments are judged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import to_micros
from engine.db import deciding, passing, reading, writing
from engine.evaluate import state
from engine.evaluate.everybody import key_ranges
from engine.evaluate.report import Did, Limits
from engine.evaluate.turn import WRITE_AT_ONCE, MovedError, Turn, chunks
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.candidates import Whose, these


def note(engine: sa.Engine, program: Program, *, now: datetime) -> None:
    """Find out who is in what a rule describes that has just gone live, whether it is paused or not.

    Where it is cut off, or somebody else is quicker, the rule's first pass does it; so it does where values are still
    to be read as other types.
    """
    at = to_micros(now)
    with reading(engine) as connection:
        stand = state.read(connection, program.rule.name)[program.rule.name]
        zones = zones_in_use(connection, program.zone)
    if stand.full_pass_at is not None or stand.recasting:
        return
    turn = Turn(
        engine=engine,
        program=program,
        stand=stand,
        window=state.tick_window(stand, program, at),
        zones=zones,
        limits=Limits(),
        did=Did.FULL,
        backfill=stand.backfill is not None,
    )
    try:
        update(turn, key_ranges(engine, program.rule.subject))
        _noted(turn, at)
    except MovedError:
        return


def _noted(turn: Turn, now: int) -> None:
    with writing(turn.engine) as connection:
        turn.lock(connection)
        state.change(connection, turn.stand.rule, full_pass_at=now)


def update(turn: Turn, batches: Iterable[Whose]) -> None:
    """Begin and end episodes of those in some batches by the facts of now.

    Raises MovedError where another worker moved the rule.

    At the first pass after a rule went live those who are in get an episode without a beginning, so no moments; with
    `backfill` they come in at the activation. What is written stays, whatever becomes of the rest of the turn.
    """
    given = _given(turn)
    for whose in batches:
        with passing(turn.engine) as connection:
            moving = turn.program.run("members moving", connection, {**given, **whose}).scalars().all()
        for some in chunks(moving, WRITE_AT_ONCE):
            with deciding(turn.engine) as connection:
                _notice(turn, connection)
                move(turn, connection, these(some))


def _notice(turn: Turn, connection: sa.Connection) -> None:
    """Lock the rule for a pass; raises MovedError where one by a later time is under way, so that no stay begins twice.

    A later time that was there before, by more than clocks differ, is of a clock that went back since.
    """
    seen, now = turn.lock(connection).noticed_at, turn.window.now
    if seen is not None and seen > now and (seen != turn.stand.noticed_at or seen <= now + state.OVERLAP):
        raise MovedError
    if seen != now:
        state.change(connection, turn.stand.rule, noticed_at=now)


def move(turn: Turn, connection: sa.Connection, whose: Whose) -> None:
    """Begin and end episodes of some subjects in a transaction that has the rule locked."""
    given = _given(turn)
    moving = turn.program.run("members moving", connection, {**given, **whose}).all()
    steps = {
        "members leaving": [row.id for row in moving if not row.inside],
        "members restarting": [row.id for row in moving if row.inside and row.open],
        "members entering": [row.id for row in moving if row.inside and not row.open],
    }
    for step, some in steps.items():
        if some:
            turn.program.run(step, connection, {**given, **these(some)}).close()


def _given(turn: Turn) -> dict[str, Any]:
    anew = turn.stand.full_pass_at is None
    before = min(turn.stand.activated.values()) if turn.backfill else None
    return {**turn.given, "anew": int(anew), "entered": before if anew else turn.window.now}
