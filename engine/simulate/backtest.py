"""Rules made live in the past: the real evaluation at each step of a clock that moves through a replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import chain

import sqlalchemy as sa

from engine import evaluate
from engine.clock import MICROSECOND
from engine.db import writing
from engine.evaluate import Held, Limits
from engine.rules.compiler import Program
from engine.rules.model import DEFAULT_AT, Send
from engine.simulate.replay import Replay
from engine.simulate.walk import Progress, quiet

RELEASE = 1
ACTOR = "backtest"
DAYLIGHT = timedelta(hours=1)
"""A local day may be so much shorter."""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A rule that the brake would have stopped, until somebody approved it."""

    at: datetime
    held: Held


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How far a backtest came: `reached` is its last tick, None before the first; `interrupted` by Ctrl-C."""

    reached: datetime | None
    stopped: tuple[Stopped, ...]
    interrupted: bool


def close_enough(step: timedelta, programs: Iterable[Program]) -> timedelta:
    """Return the step, divided where a moment of one of the rules would otherwise be over before its tick."""
    lives = (_life(program, send) for program in programs for send in program.rule.sends)
    shortest = min(lives, default=step)
    return step / -(-step // shortest)


def _life(program: Program, send: Send) -> timedelta:
    """Return how long a moment can be sent: until it is too late, or until the date that it comes before."""
    late = program.late * MICROSECOND
    if send.offset >= timedelta(0):
        return late
    ahead = -send.offset - (
        _since_midnight(program.rule.at or DEFAULT_AT) + DAYLIGHT if program.on_days else timedelta()
    )
    return min(late, max(ahead, DAYLIGHT))


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def run(
    scratch: sa.Engine,
    replay: Replay,
    programs: Mapping[str, Program],
    clock: Iterable[datetime],
    *,
    live_from: datetime,
    limits: Limits,
    progress: Progress = quiet,
) -> Ran:
    """Make the rules live at an instant, evaluate them then and at each tick of a clock that moves on from there.

    What happened at or before a tick is known at it. A rule that is held is approved at once, and that is returned.
    Ctrl-C ends the run after the last whole tick.
    """
    replay.advance(live_from)
    with writing(scratch) as connection:
        for program in programs.values():
            evaluate.activate(connection, program, release_id=RELEASE, now=live_from)
    reached, stopped = None, list[Stopped]()
    try:
        for at in chain([live_from], clock):
            replay.advance(at)
            stopped += [Stopped(at=at, held=held) for held in _tick(scratch, programs, at, limits)]
            reached = at
            progress(at)
    except KeyboardInterrupt:
        return Ran(reached=reached, stopped=tuple(stopped), interrupted=True)
    return Ran(reached=reached, stopped=tuple(stopped), interrupted=False)


def _tick(scratch: sa.Engine, programs: Mapping[str, Program], at: datetime, limits: Limits) -> tuple[Held, ...]:
    """Evaluate every rule, also those that are held at first."""
    held = evaluate.run_once(scratch, programs, release_id=RELEASE, now=at, limits=limits).held
    for each in held:
        evaluate.approve(scratch, each.rule, at, ACTOR)
    if held:
        evaluate.run_once(scratch, programs, release_id=RELEASE, now=at, limits=limits)
    return held
