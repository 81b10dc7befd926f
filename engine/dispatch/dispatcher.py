"""A dispatcher: a provider kept open, its event loop, and the thread that talks to the database."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
import structlog
import uvloop

from engine import outbox
from engine.clock import Clock, SystemClock, is_set
from engine.db import writing
from engine.dispatch.pace import Pace
from engine.dispatch.report import Report
from engine.dispatch.sender import Sender, Signal
from engine.errors import DatabaseError, ProviderError
from engine.outbox import Answered, Ask, Claimer, Holder, Running
from engine.providers import Provider
from engine.rules.question import recheck
from engine.settings import Settings
from engine.witness import Witness

T = TypeVar("T")
log = structlog.get_logger("lifecycle")


def quiet(_where: str) -> None:
    """Tell nobody where a run is."""


class Dispatcher:
    """Sends what is due, run after run, over connections that are kept between runs.

    The event loop runs in a thread of its own, so that connections which the provider closes between runs are noticed.
    `connections` (by default as settings say) is how many requests are open at once. `stop` may be called from a signal
    handler: nothing more is claimed, and what is in flight is waited for. A `witness` is used and not closed.
    """

    def __init__(
        self,
        engine: sa.Engine,
        provider: Provider,
        settings: Settings,
        *,
        clock: Clock | None = None,
        ask: Ask = recheck,
        signal: Signal = quiet,
        start_within: timedelta = outbox.START_WITHIN,
        connections: int | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._engine, self._provider, self._ask, self._signal = engine, provider, ask, signal
        self._clock: Clock = clock or SystemClock()
        self._holder = Holder(id=uuid.uuid4().hex, host=socket.gethostname(), clock_is_set=is_set(self._clock))
        self._stopping = threading.Event()
        self._unsettled: list[Answered] = []
        self._unsure: list[datetime] = []
        self._database = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._preparing = self._database if engine.dialect.name == "sqlite" else ThreadPoolExecutor(1, "preparing")
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dispatcher", daemon=True)
        self._start_within, self._witness = start_within, witness
        self._connections = connections or settings.connections
        self._rate = settings.rate if provider.paced else None
        self._pace: Pace | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def run_once(self, running: Running) -> Report:
        """Send all that is due now for a release, and say what became of it.

        A provider that cannot be used or reached is said in the report and in its lane; messages stay queued. Raises
        DatabaseError when the database cannot be told what was sent.
        """
        return self._await(self._run(running))

    def stop(self) -> None:
        """Claim nothing more; a run under way returns when what is in flight has been answered and settled."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, close the provider and forget this worker; what could not be settled is told, and ends in doubt."""
        self.stop()
        try:
            if self._thread.is_alive():
                self._await(self._provider.close())
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._database.submit(self._leave).result()
        finally:
            self._preparing.shutdown()
            self._database.shutdown()
            self._loop.close()

    async def _run(self, running: Running) -> Report:
        if self._pace is None:
            try:
                await self._provider.open()
            except ProviderError as error:
                name, words = self._provider.name, str(error)
                await self._loop.run_in_executor(self._database, outbox.trouble, self._engine, name, words)
                return Report(problem=words)
            self._pace = Pace(connections=self._connections, rate=self._rate)
        sender = Sender(
            engine=self._engine,
            claimer=self._claimer(running),
            clock=self._clock,
            pace=self._pace,
            database=self._database,
            preparing=self._preparing,
            stopping=self._stopping.is_set,
            signal=self._signal,
            start_within=self._start_within,
            unsettled=self._unsettled,
            unsure=self._unsure,
        )
        return (await sender.run()).report()

    def _claimer(self, running: Running) -> Claimer:
        return Claimer(
            running=running, worker=self._holder, provider=self._provider, ask=self._ask, witness=self._witness
        )

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if not self._thread.is_alive():
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _leave(self) -> None:
        if self._unsettled:
            log.error("the database was not told what was sent", messages=[each.send_id for each in self._unsettled])
        try:
            with writing(self._engine) as connection:
                outbox.leave(connection, self._holder, now=self._clock.now())
        except DatabaseError as error:
            log.warning("this worker could not say that it ends", reason=str(error))


def run_once(
    engine: sa.Engine,
    running: Running,
    provider: Provider,
    *,
    clock: Clock | None = None,
    ask: Ask = recheck,
    signal: Signal = quiet,
) -> Report:
    """Send all that is due now over a provider opened for this run alone."""
    with Dispatcher(engine, provider, running.settings, clock=clock, ask=ask, signal=signal) as dispatcher:
        return dispatcher.run_once(running)
