"""One run of sending, inside the loop: rounds of prepare, claim, send and settle until nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from engine import outbox
from engine.clock import Clock, monotonic
from engine.db import writing
from engine.dispatch.pace import Pace
from engine.dispatch.report import Tally
from engine.errors import DatabaseError, ProviderError
from engine.outbox import Answered, Candidate, Claimer, Outgoing
from engine.providers import Answer, Outcome, Provider

BEAT_EVERY = 15.0
LOOK_EVERY = 10.0
_WIDEST = 200
_SOON = timedelta(seconds=1)
"""When a request that did not start is tried again: not at once, or a slow machine would never end its run."""
NOT_STARTED = Answer(outcome=Outcome.NOT_SENT, words="the request did not start in time", wait=_SOON)
_TOLD = ("send_id", "attempt", "doubts", "topic", "address_hash", "trial")
T = TypeVar("T")
Signal = Callable[[str], None]
"""Told where a run is: `rendered`, `claimed`, `answered`, `settled`; tests stop the process there."""


@dataclass(kw_only=True)
class Sender:
    """Works for one dispatcher and one release; `unsettled` holds answers the database could not yet be told."""

    engine: sa.Engine
    claimer: Claimer
    clock: Clock
    pace: Pace
    database: Executor
    stopping: Callable[[], bool]
    signal: Signal
    start_within: timedelta
    unsettled: list[Answered]
    tally: Tally = field(default_factory=Tally)
    _halt: str | None = None
    _trouble: str | None = None
    _asked: bool = False
    _newer: bool = False
    _looked: float = 0.0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _settling: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def provider(self) -> Provider:
        """Who carries the mail."""
        return self.claimer.provider

    async def run(self) -> Tally:
        """Send what is due; returns when every request has been answered and settled.

        Raises DatabaseError when the database cannot be told what was sent: nothing is claimed after that.
        """
        await self._settle()
        worker, now = self.claimer.worker, self.clock.now()
        self.tally.add(await self._do(outbox.unstarted, self.engine, self.claimer.running, worker, now=now))
        self._halt = self.pace.quiet_words(self.provider.name) or await self._watch()
        beating = asyncio.create_task(self._beat())
        try:
            await self._look()
            while not self._over() and await self._round():
                await self._look()
        finally:
            await asyncio.gather(*self._tasks)
            beating.cancel()
        await self._settle()
        self.tally.problem = self._halt
        if self._asked:
            await self._do(outbox.trouble, self.engine, self.provider.name, self._trouble)
        return self.tally

    async def _watch(self) -> str | None:
        """Return why nothing may be claimed in a database that was restored."""
        name, now = self.provider.name, self.clock.now()
        return await self._do(outbox.watch, self.engine, self.claimer.witness, name, now=now)

    async def _round(self) -> bool:
        """Prepare and claim what is due now; returns whether anything changed by it."""
        prepared = await self._do(outbox.prepare, self.engine, self.claimer, now=self.clock.now())
        self.tally.rendered += prepared.rendered
        self.tally.add(prepared.counts)
        if prepared.rendered:
            self.signal("rendered")
        decided = len(prepared.moves)
        waiting, width = list(prepared.candidates), 1
        while waiting and not self._over():
            if monotonic() - self._looked > LOOK_EVERY:
                await self._look()
            room = await self.pace.room()
            chosen, waiting = waiting[: room * width], waiting[room * width :]
            claimed = await self._claim(chosen, room)
            decided += claimed.decided
            width = 1 if claimed.outgoing else min(width * 2, _WIDEST)
        return decided > 0

    async def _look(self) -> None:
        """Put in doubt what the silent had under way, end what is too late, and notice that a newer release is live."""
        self._looked = monotonic()
        self.tally.add(await self._do(outbox.reap, self.engine, self.claimer.running, now=self.clock.now()))
        self._newer = await self._do(outbox.replaced, self.engine, self.claimer.running)

    async def _claim(self, chosen: Sequence[Candidate], room: int) -> outbox.Claimed:
        if self._over():
            await self.pace.give_back(room)
            return outbox.Claimed()
        began = monotonic()
        now = self.clock.now()
        try:
            claimed = await self._do(outbox.claim, self.engine, self.claimer, chosen, room=room, now=now)
        except BaseException:
            await self.pace.give_back(room)
            raise
        await self.pace.give_back(room - len(claimed.outgoing))
        if claimed.outgoing:
            self.signal("claimed")
        self._halt = self._halt or claimed.stopped
        self.tally.add(claimed.ended)
        for each in claimed.outgoing:
            task = asyncio.create_task(self._send(each, began))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return claimed

    async def _send(self, each: Outgoing, claimed_at: float) -> None:
        """Make one request at once, then settle whatever answers have come in."""
        if monotonic() - claimed_at > self.start_within.total_seconds():
            answer = NOT_STARTED
        else:
            answer = await self._ask(each)
        self.signal("answered")
        self._mind(answer)
        told = {name: getattr(each, name) for name in _TOLD}
        self.unsettled.append(Answered(**told, answer=answer))
        await self.pace.done()
        try:
            await self._settle()
        except DatabaseError:
            self._halt = "the database cannot be told what was sent"

    async def _ask(self, each: Outgoing) -> Answer:
        try:
            return await self.provider.send(each.envelope)
        except ProviderError as error:
            return Answer(outcome=Outcome.REFUSED, words=str(error))
        except Exception as error:  # noqa: BLE001 (a fault in a provider leaves unknown whether the mail left)
            return Answer(outcome=Outcome.UNKNOWN, words=f"{type(error).__name__}: {error}")

    def _mind(self, answer: Answer) -> None:
        """End the run where the next request would fare no better."""
        self._asked = True
        if answer.outcome is Outcome.SLOW_DOWN:
            self.pace.be_quiet(answer.wait or timedelta())
        if answer.unreachable or answer.outcome in {Outcome.OUR_FAULT, Outcome.SLOW_DOWN}:
            self._trouble = answer.words
            self._halt = self._halt or f"{self.provider.name}: {answer.words}"

    async def _settle(self) -> None:
        """Write all answers that are in, those of other requests too; raises DatabaseError."""
        async with self._settling:
            await asyncio.sleep(0)  # requests that have ended at the same time are settled together
            batch = tuple(self.unsettled)
            if batch:
                self.tally.add(await self._write(batch))
                del self.unsettled[: len(batch)]
                self.signal("settled")

    async def _write(self, batch: Sequence[Answered]) -> dict[str, int]:
        name, now = self.provider.name, self.clock.now()
        settled = await self._do(outbox.settle, self.engine, self.claimer.running, batch, provider=name, now=now)
        return dict(settled)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_EVERY)
            with suppress(DatabaseError):  # the run itself says so; the next beat may be heard again
                await self._do(self._say_alive)

    def _say_alive(self) -> None:
        with writing(self.engine) as connection:
            outbox.beat(connection, self.claimer.worker, now=self.clock.now())

    def _over(self) -> bool:
        return self.stopping() or self._newer or self._halt is not None

    async def _do(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Run a database call in the one thread that makes them."""
        return await asyncio.get_running_loop().run_in_executor(self.database, partial(function, *args, **kwargs))
