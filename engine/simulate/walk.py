"""Running the real stages while a clock moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine import dispatch, evaluate, outbox
from engine.clock import SetClock
from engine.db import reading
from engine.evaluate import Held, Limits
from engine.models.tables import message
from engine.outbox import Status
from engine.providers import Provider
from engine.runtime import Runtime

STEP = timedelta(hours=1)
AT_ONCE = 200
"""Mails handed over together: nothing goes over a network here."""
Progress = Callable[[datetime], None]


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What a simulated stretch of time did, beside the rows it left in the tables."""

    start: datetime
    until: datetime
    held: tuple[Held, ...]


def quiet(_at: datetime) -> None:
    """Show no progress."""


def ticks(start: datetime, until: datetime, step: timedelta = STEP) -> Iterator[datetime]:
    """Yield `start`, each whole step of the UTC day after it, and `until`."""
    yield start
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ((start - midnight) // step + 1) * step
    while at < until:
        yield at
        at += step
    if until > start:
        yield until


def walk(
    engine: sa.Engine,
    runtime: Runtime,
    provider: Provider,
    *,
    start: datetime,
    until: datetime,
    step: timedelta = STEP,
    progress: Progress = quiet,
) -> Walked:
    """Run evaluation, enqueueing and sending at each tick from `start` to `until`, with mails going to `provider`.

    The rules must have been activated, at or before `start`. Instants are aware UTC.
    """
    held: dict[str, Held] = {}
    limits = Limits(max_at_once=runtime.settings.max_at_once, net=False)
    clock = SetClock(start)
    with dispatch.Dispatcher(engine, provider, runtime.settings, clock=clock, connections=AT_ONCE) as dispatcher:
        for at in ticks(start, until, step):
            clock.at = at
            report = evaluate.run_once(engine, runtime.programs, release_id=runtime.release_id, now=at, limits=limits)
            held |= {stopped.rule: stopped for stopped in report.held}
            if at == start or any(rule.enrolled or rule.expired or rule.overtaken for rule in report.rules):
                outbox.enqueue(engine, runtime, now=at)
            if _due(engine, at):
                dispatcher.run_once(runtime)
            progress(at)
    return Walked(start=start, until=until, held=tuple(held.values()))


def _due(engine: sa.Engine, now: datetime) -> bool:
    """Ask whether a run of the dispatcher would find anything: at most instants it would not."""
    waiting = sa.select(message.c.send_id).where(message.c.status == Status.QUEUED, message.c.not_before <= now)
    with reading(engine) as connection:
        return connection.execute(waiting.limit(1)).first() is not None
