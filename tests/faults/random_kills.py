"""Workers are killed at random moments, again and again, while they send; and some are asked to stop."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial

from faults.crowds import CONNECTIONS, Crowd, crowd
from faults.people import HOLD, RESEND
from faults.places import Place
from faults.processes import wait
from faults.table import Row, counted
from faults.waiting import LOOK, until

WORKERS = 4
FULL, SHORT, STOPPED = (100_000, 1_000), (80, 4), 2_000
"""Messages and kills; and the messages of those that are asked to stop."""


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Kill at random, on PostgreSQL with several workers; then stop several by SIGTERM while they send."""
    yield from killed(place, *(FULL if full else SHORT), waits=full)
    if full:
        yield stopped(place, STOPPED)


def killed(place: Place, messages: int, kills: int, *, waits: bool) -> Iterator[Row]:
    """Kill a worker each time some more mails were accepted, at a random moment, and start another at once.

    Who fell silent is noticed by the others in minutes that are waited for, or by one whose clock is hours ahead.
    """
    chance = random.Random(messages)  # noqa: S311 (to be repeated, not to be secret)
    with crowd(place, "postgresql", messages=messages) as working:
        for _ in range(WORKERS):
            working.hire()
        for number in range(kills):
            until(partial(_so_far, working, messages * number // (kills + 1)))
            time.sleep(chance.random() * LOOK)
            _kill(working, chance.randrange(WORKERS))
            _say(working, number + 1, kills, messages)
        if not waits:
            working.hurry(hours=(1, 3))
        until(lambda: working.waiting() == 0)
        accepted = working.accepted()
        share = kills * CONNECTIONS
        for rule, name in ((HOLD, "hold"), (RESEND, "resend")):
            again = share if rule == RESEND else 0
            scenario = f"killed at random by turns, {WORKERS} workers, {name}"
            yield counted(
                scenario, working.engine, accepted, kills=kills, allowed=share, allowed_twice=again, rules=(rule,)
            )


def _so_far(working: Crowd, mails: int) -> bool:
    return working.taken() >= mails


def stopped(place: Place, messages: int) -> Row:
    """Ask workers to stop while they send; what they leave is queued, and who comes next sends it."""
    with crowd(place, "postgresql", messages=messages, delay="30ms") as working:
        for _ in range(WORKERS):
            working.hire()
        until(partial(_so_far, working, messages // 4))
        for worker in working.workers:
            worker.terminate()
        if {wait(worker) for worker in working.workers} != {0}:
            raise RuntimeError("a worker that was asked to stop did not end well")
        left = counted("", working.engine, working.accepted())
        if left.doubt or left.lost != messages - left.sent:
            raise RuntimeError(f"workers that were asked to stop left something in doubt: {left}")
        for place_ in range(WORKERS):
            working.hire(place_)
        until(lambda: working.waiting() == 0)
        return counted(f"SIGTERM to {WORKERS} workers under load", working.engine, working.accepted())


def _kill(working: Crowd, place: int) -> None:
    worker = working.workers[place]
    if worker.exitcode not in {None, -signal.SIGKILL}:
        raise RuntimeError(f"worker {place} ended by itself, with {worker.exitcode}")
    worker.kill()
    worker.join()
    working.hire(place)


def _say(working: Crowd, kills: int, of: int, messages: int) -> None:
    if sys.stderr.isatty() or kills % max(1, of // 20) == 0:
        sys.stderr.write(f"  {kills:,} of {of:,} kills, {working.taken():,} of {messages:,} mails accepted\n")
