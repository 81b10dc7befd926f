"""Letting subjects in and out of what a `becomes` rule describes, before its moments are judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.db import reading, writing
from engine.evaluate.turn import WRITE_AT_ONCE, Turn, chunks
from engine.rules.compiler import ids_text


def update(turn: Turn, batches: Iterable[str]) -> None:
    """Begin and end episodes of those in some batches (each of `ids_text`) by the facts of now.

    Raises MovedError where another worker moved the rule.

    At the first pass after a rule went live those who are in get an episode without a beginning, so no moments; with
    `backfill` they come in at the activation. What is written stays, whatever becomes of the rest of the turn.
    """
    given = _given(turn)
    for ids in batches:
        with reading(turn.engine) as connection:
            moving = turn.program.run("members moving", connection, given | {"ids": ids}).scalars().all()
        for some in chunks(moving, WRITE_AT_ONCE):
            _write(turn, given | {"ids": ids_text(some)})


def _given(turn: Turn) -> dict[str, Any]:
    anew = turn.stand.full_pass_at is None
    before = min(turn.stand.activated.values()) if turn.backfill else None
    return {**turn.given, "anew": int(anew), "entered": before if anew else turn.window.now}


def _write(turn: Turn, given: dict[str, Any]) -> None:
    steps = ("members leaving", *(["members restarting"] if given["anew"] else []), "members entering")
    with writing(turn.engine) as connection:
        turn.lock(connection)
        for step in steps:
            _run(turn, connection, step, given)


def _run(turn: Turn, connection: sa.Connection, step: str, given: dict[str, Any]) -> None:
    turn.program.run(step, connection, given).close()
