"""Running the real stages while a clock moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from engine import dispatch, evaluate, outbox
from engine.clock import SetClock
from engine.db import reading
from engine.evaluate import Held, Limits, Report
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
    with walking(engine, runtime, provider, start=start) as walker:
        for at in ticks(start, until, step):
            walker.tick(at)
            progress(at)
        return Walked(start=start, until=until, held=walker.held)


@dataclass(kw_only=True)
class Walker:
    """Runs the stages at one instant after another."""

    engine: sa.Engine
    runtime: Runtime
    dispatcher: dispatch.Dispatcher
    clock: SetClock
    _held: dict[str, Held] = field(default_factory=dict)
    _began: bool = False

    @property
    def held(self) -> tuple[Held, ...]:
        """The rules that were stopped as a whole."""
        return tuple(self._held.values())

    def tick(self, at: datetime) -> Report:
        """Evaluate, enqueue and send as of an instant, which is not before the last one; returns what was evaluated."""
        self.clock.at = at
        limits = Limits(max_at_once=self.runtime.settings.max_at_once, net=False)
        programs, release = self.runtime.programs, self.runtime.release_id
        report = evaluate.run_once(self.engine, programs, release_id=release, now=at, limits=limits)
        self._held |= {stopped.rule: stopped for stopped in report.held}
        if not self._began or any(rule.enrolled or rule.expired or rule.overtaken for rule in report.rules):
            outbox.enqueue(self.engine, self.runtime, now=at)
        self._began = True
        if _due(self.engine, at):
            self.dispatcher.run_once(self.runtime)
        return report


@contextmanager
def walking(engine: sa.Engine, runtime: Runtime, provider: Provider, *, start: datetime) -> Iterator[Walker]:
    """Yield what runs the stages from `start` on, with mails going to `provider`."""
    clock = SetClock(start)
    with dispatch.Dispatcher(engine, provider, runtime.settings, clock=clock, connections=AT_ONCE) as dispatcher:
        yield Walker(engine=engine, runtime=runtime, dispatcher=dispatcher, clock=clock)


def _due(engine: sa.Engine, now: datetime) -> bool:
    """Ask whether a run of the dispatcher would find anything: at most instants it would not."""
    waiting = sa.select(message.c.send_id).where(message.c.status == Status.QUEUED, message.c.not_before <= now)
    with reading(engine) as connection:
        return connection.execute(waiting.limit(1)).first() is not None
