"""Workers are killed at random moments, again and again, while they send; and some are asked to stop."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Iterator

from faults.crowds import CONNECTIONS, Crowd, crowd
from faults.people import HOLD, RESEND
from faults.places import Place
from faults.processes import wait
from faults.table import Row, counted

WORKERS = 4
FULL, SHORT = (100_000, 1_000), (240, 8)
"""Messages and kills."""
_LOOK = 0.02
_SILENCE = 180.0
"""Seconds after which who fell silent has been noticed, by the engine's own constants: 65 of lease, 60 of silence."""


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Kill at random, on PostgreSQL with several workers; then stop several by SIGTERM while they send."""
    messages, kills = FULL if full else SHORT
    yield from killed(place, messages, kills)
    yield stopped(place, 2_000 if full else 100)


def killed(place: Place, messages: int, kills: int) -> Iterator[Row]:
    """Kill a worker each time some more mails were accepted, at a random moment, and start another at once."""
    chance = random.Random(messages)
    with crowd(place, "postgresql", messages=messages) as working:
        for _ in range(WORKERS):
            working.hire()
        for number in range(kills):
            _until(lambda: working.taken() >= messages * number // (kills + 1))
            time.sleep(chance.random() * _LOOK)
            _kill(working, chance.randrange(WORKERS))
            _say(working, number + 1, kills, messages)
        _until(lambda: working.waiting() == 0)
        accepted = working.accepted()
        share = kills * CONNECTIONS
        for rule, name in ((HOLD, "hold"), (RESEND, "resend")):
            again = share if rule == RESEND else 0
            scenario = f"killed at random by turns, {WORKERS} workers, {name}"
            yield counted(
                scenario, working.engine, accepted, kills=kills, allowed=share, allowed_twice=again, rules=(rule,)
            )


def stopped(place: Place, messages: int) -> Row:
    """Ask workers to stop while they send; what they leave is queued, and who comes next sends it."""
    with crowd(place, "postgresql", messages=messages, delay="30ms") as working:
        for _ in range(WORKERS):
            working.hire()
        _until(lambda: working.taken() >= messages // 4)
        for worker in working.workers:
            worker.terminate()
        if {wait(worker) for worker in working.workers} != {0}:
            raise RuntimeError("a worker that was asked to stop did not end well")
        left = counted("", working.engine, working.accepted())
        if left.doubt or left.lost != messages - left.sent:
            raise RuntimeError(f"workers that were asked to stop left something in doubt: {left}")
        for place_ in range(WORKERS):
            working.hire(place_)
        _until(lambda: working.waiting() == 0)
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


def _until(true: object, *, seconds: float = _SILENCE) -> None:
    """Wait until something is so; raises TimeoutError where it takes longer than anything may."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {seconds} seconds")
        time.sleep(_LOOK)
