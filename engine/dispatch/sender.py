"""One run of sending, inside the loop: what is due is prepared, claimed, sent and settled until nothing is left.

As soon as a request is answered, the answer is settled and the free connection claimed for, in one transaction. Beside
that it is prepared what leaves next: on PostgreSQL by a thread of its own, on SQLite, which has one writer, in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from engine import outbox
from engine.clock import Clock, monotonic
from engine.db import writing
from engine.dispatch.line import Line
from engine.dispatch.pace import Pace
from engine.dispatch.report import Tally
from engine.errors import DatabaseError, ProviderError
from engine.outbox import Answered, Claimer, Outgoing, Status
from engine.providers import Answer, Outcome, Provider

BEAT_EVERY = 15.0
LOOK_EVERY = 10.0
PATIENCE = 1.0
_SOON = timedelta(seconds=1)
"""When a request that did not start is tried again: not at once, or a slow machine would never end its run."""
NOT_STARTED = Answer(outcome=Outcome.NOT_SENT, words="the request did not start in time", wait=_SOON)
_TOLD = ("send_id", "attempt", "doubts", "topic", "address_hash", "trial")
T = TypeVar("T")
Signal = Callable[[str], None]
"""Told where a run is: `rendered`, `claimed`, `answered`, `settled`; tests stop the process there."""


@dataclass(kw_only=True)
class Sender:
    """Works for one dispatcher and one release; `unsettled` holds answers the database could not yet be told.

    `unsure` holds the instants of claims of which it is not known whether they were committed.
    """

    engine: sa.Engine
    claimer: Claimer
    clock: Clock
    pace: Pace
    database: Executor
    preparing: Executor
    stopping: Callable[[], bool]
    signal: Signal
    start_within: timedelta
    unsettled: list[Answered]
    unsure: list[datetime]
    tally: Tally = field(default_factory=Tally)
    _halt: str | None = None
    _trouble: str | None = None
    _asked: bool = False
    _newer: bool = False
    _looked: float = 0.0
    _line: Line = field(default_factory=Line)
    _room: asyncio.Task[int] | None = None
    _page: asyncio.Task[None] | None = None
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def provider(self) -> Provider:
        """Who carries the mail."""
        return self.claimer.provider

    async def run(self) -> Tally:
        """Send what is due; returns when every request has been answered and settled.

        Raises DatabaseError when the database cannot be told what was sent: nothing is claimed after that.
        """
        await self._settle()
        await self._give_back()
        self._halt = self.pace.quiet_words(self.provider.name) or await self._watch()
        beating = asyncio.create_task(self._beat())
        try:
            try:
                await self._work()
            finally:
                await self._leave_off()
        finally:
            beating.cancel()
        await self._settle()
        self.tally.problem = self._halt
        if self._asked:
            await self._do(outbox.trouble, self.engine, self.provider.name, self._trouble)
        return self.tally

    async def _give_back(self) -> None:
        """Queue again what was claimed without our being told so."""
        if self.unsure:
            running, worker, now = self.claimer.running, self.claimer.worker, self.clock.now()
            moved = await self._do(outbox.unstarted, self.engine, running, worker, tuple(self.unsure), now=now)
            self.unsure.clear()
            self.tally.add(moved)

    async def _watch(self) -> str | None:
        """Return why nothing may be claimed in a database that was restored."""
        name, now = self.provider.name, self.clock.now()
        return await self._do(outbox.watch, self.engine, self.claimer.witness, name, now=now)

    async def _work(self) -> None:
        """Do what is most urgent, until nothing is due and nothing under way."""
        while await self._goes_on():
            if monotonic() - self._looked > LOOK_EVERY:
                await self._look()
            elif self._runs_short():
                self._begin_page()
            elif not self._idle():
                await self._turn()
            elif self._tasks or self._line.waiting or self._page:
                await self._wait()
            else:
                return

    async def _goes_on(self) -> bool:
        """Let all that has ended say so, to be settled together; returns whether more may be claimed after it."""
        await asyncio.sleep(0)
        if self._page is not None and self._page.done():
            page, self._page = self._page, None
            page.result()
        if not self._over():
            self._ask_for_room()
            await asyncio.sleep(0)
        return not self._over()

    async def _wait(self) -> None:
        """Wait until an answer is in or a request may start, but not so long that nobody hears of a stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._stirred.wait()
        self._stirred.clear()

    def _idle(self) -> bool:
        """Say whether nothing was answered, and nothing may start."""
        return not self.unsettled and not (self._line.waiting and self._room is not None and self._room.done())

    async def _look(self) -> None:
        """Put in doubt what the silent had under way, end what is too late, and notice that a newer release is live."""
        self._looked = monotonic()
        now, mine = self.clock.now(), frozenset(self._open)
        self.tally.add(await self._do(outbox.reap, self.engine, self.claimer, now=now, but=mine))
        self._newer = await self._do(outbox.replaced, self.engine, self.claimer.running)

    def _runs_short(self) -> bool:
        least = self.pace.page if self._idle() else self.pace.connections
        return self._page is None and self._line.runs_short(least)

    def _begin_page(self) -> None:
        self._page = asyncio.create_task(self._prepare())
        self._page.add_done_callback(lambda _: self._stirred.set())

    async def _prepare(self) -> None:
        now, ahead = self.clock.now(), self._line.look()
        prepare = partial(outbox.prepare, self.engine, self.claimer, now=now, limit=self.pace.page, ahead=ahead)
        prepared = await asyncio.get_running_loop().run_in_executor(self.preparing, prepare)
        self.tally.rendered += prepared.rendered
        self.tally.add(prepared.counts)
        self._line.stand(prepared)
        if prepared.rendered:
            self.signal("rendered")

    async def _turn(self) -> None:
        """Settle what was answered, and claim for the connections that are free."""
        answers, room, now, began = tuple(self.unsettled), self._take_room(), self.clock.now(), monotonic()
        chosen = self._line.next(room)
        claimed = outbox.Claimed()
        self.unsure.append(now)
        try:
            turned = await self._do(outbox.turn, self.engine, self.claimer, answers, chosen, room=room, now=now)
            self.unsure.remove(now)
            claimed = turned.claimed
        finally:
            self.pace.give_back(room - len(claimed.outgoing))
        self._settled(answers, turned.settled)
        if chosen:
            self._line.went(chosen, claimed)
        self._halt = self._halt or claimed.stopped
        self.tally.add(claimed.ended)
        if claimed.outgoing:
            self.signal("claimed")
        for each in claimed.outgoing:
            self._open.add(each.send_id)
            task = asyncio.create_task(self._send(each, began, now))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _ask_for_room(self) -> None:
        if self._room is None and self._line.waiting and self.pace.free:
            self._room = asyncio.create_task(self.pace.room())
            self._room.add_done_callback(lambda _: self._stirred.set())

    def _take_room(self) -> int:
        if self._room is None or not self._room.done():
            return 0
        room, self._room = self._room.result(), None
        return room

    async def _send(self, each: Outgoing, began: float, claimed_at: datetime) -> None:
        """Make one request at once, and keep its answer to be settled.

        Both clocks are asked: while a machine sleeps the monotonic one may stand still.
        """
        passed = max(monotonic() - began, (self.clock.now() - claimed_at).total_seconds())
        late = passed > self.start_within.total_seconds()
        answer = NOT_STARTED if late else await self._ask(each)
        self.signal("answered")
        self._mind(answer)
        told = {name: getattr(each, name) for name in _TOLD}
        self.unsettled.append(Answered(**told, answer=answer))
        self.pace.give_back(1)
        self._stirred.set()

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
        """Write all answers that are in; raises DatabaseError."""
        answers, now = tuple(self.unsettled), self.clock.now()
        if answers:
            name, running = self.provider.name, self.claimer.running
            settled = await self._do(outbox.settle, self.engine, running, answers, provider=name, now=now)
            self._settled(answers, settled)

    def _settled(self, answers: Sequence[Answered], moved: Mapping[str, int]) -> None:
        if answers:
            del self.unsettled[: len(answers)]
            self._open.difference_update(each.send_id for each in answers)
            self.tally.add(moved)
            self._line.more |= bool(moved.get(Status.QUEUED))
            self.signal("settled")

    async def _leave_off(self) -> None:
        """Wait for what is under way, and settle each answer as it comes in; then for the page that is prepared."""
        self.pace.give_back(self._take_room())
        if self._room is not None:
            self._room.cancel()
        await self._settle_alone()
        while self._tasks:
            await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)
            await self._settle_alone()
        if self._page is not None:
            with suppress(DatabaseError):  # what it did not prepare is prepared by the next run, or said by it
                await self._page

    async def _settle_alone(self) -> None:
        with suppress(DatabaseError):  # they stay unsettled, and the last attempt of a run says so
            await self._settle()

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
        """Run a database call in the one thread that makes those of turns."""
        return await asyncio.get_running_loop().run_in_executor(self.database, partial(function, *args, **kwargs))
