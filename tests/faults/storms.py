"""What happens to the database while mail leaves: locked, cut off, stopped, full, or not to be written."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from faults.crowds import CONNECTIONS, Crowd, crowd
from faults.people import HOLD, queue
from faults.places import Place, administer
from faults.processes import start
from faults.sinks import sink
from faults.table import Row, counted
from faults.waiting import SILENCE, until
from sending import a_runtime

from engine import dispatch, providers
from engine.clock import SystemClock
from engine.db import connect
from engine.errors import DatabaseError
from engine.runtime import Runtime

FULL, SHORT = 4_000, 40
"""Messages of a scenario."""
_PAUSE = 0.05
_BALLAST, _ROOM = 16 * 1024, 160 * 1024
TERMINATE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'worker'"


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Do to the database what an operator dreads, while real workers send."""
    if full:
        yield locked(place, FULL)
        yield cut_off(place, FULL)
    if full and place.restart:
        yield restarted(place, FULL)
    with suppress(PermissionError):
        yield disk_full(place, FULL // 20 if full else SHORT)


def locked(place: Place, count: int) -> Row:
    """Let another process hold SQLite's write lock, on and off, while a worker sends."""
    with crowd(place, "sqlite", messages=count) as working:
        storm = start(hold_the_lock, str(working.engine.url.database))
        working.hire()
        until(lambda: working.waiting() == 0)
        storm.kill()
        return counted("SQLite locked by another process on and off", working.engine, working.accepted())


def hold_the_lock(path: str) -> None:
    """Take the write lock again and again, each time for up to a third of a second."""
    chance = random.Random(path)  # noqa: S311 (to be repeated, not to be secret)
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    while True:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(chance.random() * 6 * _PAUSE)
        connection.execute("ROLLBACK")
        time.sleep(chance.random() * _PAUSE)


def cut_off(place: Place, count: int) -> Row:
    """End the workers' connections to PostgreSQL again and again while they send."""
    with crowd(place, "postgresql", messages=count) as working:
        cuts = _through(working, lambda: administer(place.server, TERMINATE), every=6 * _PAUSE, most=100)
        allowed = cuts * len(working.workers) * CONNECTIONS
        return counted("connections to PostgreSQL ended", working.engine, working.accepted(), allowed=allowed)


def restarted(place: Place, count: int) -> Row:
    """Stop PostgreSQL without a word to anybody and start it again, while workers send."""
    assert place.restart is not None
    with crowd(place, "postgresql", messages=count) as working:
        stops = _through(working, place.restart, every=400 * _PAUSE, most=5)
        allowed = stops * len(working.workers) * CONNECTIONS
        return counted("PostgreSQL stopped and started", working.engine, working.accepted(), allowed=allowed)


def _through(working: Crowd, strike: Callable[[], object], *, every: float, most: int) -> int:
    """Strike now and then, `most` times at most, until two workers have sent all; returns how often."""
    strikes, next_at = 0, time.monotonic()

    def over() -> bool:
        nonlocal strikes, next_at
        if strikes < most and time.monotonic() >= next_at and working.taken():
            strike()
            strikes, next_at = strikes + 1, time.monotonic() + every
        return working.waiting() == 0

    for _ in range(2):
        working.hire()
    until(over, seconds=3 * SILENCE)
    return strikes


def disk_full(place: Place, count: int) -> Row:
    """Let the disk of a SQLite database be full, and become full while mail leaves; then forbid writing on it.

    Raises PermissionError where no small file system may be mounted.
    """
    with _small_disk(place.below()) as disk, place.database("sqlite", disk) as url, sink("sendgrid") as other_end:
        running = a_runtime(**other_end.settings, connections=2, rate=1000.0)
        engine = connect(url)
        queue(engine, running, count, now=SystemClock().now(), rules=(HOLD,))
        with dispatch.Dispatcher(engine, providers.make(running.settings), running.settings) as dispatcher:
            for trouble in (_full, _nearly_full):
                with trouble(disk):
                    _must_fail(partial(dispatcher.run_once, running))
        engine.dispose()
        with _read_only(disk):
            _must_fail(partial(_once, url, running))
        until(lambda: not _once(url, running).moved)
        engine = connect(url)
        row = counted("disk full, full under load, read-only", engine, other_end.accepted)
        engine.dispose()
        return row


def _once(url: str, running: Runtime) -> dispatch.Report:
    engine = connect(url)
    try:
        return dispatch.run_once(engine, running, providers.make(running.settings))
    finally:
        engine.dispose()


def _must_fail(send: Callable[[], dispatch.Report]) -> None:
    """Run while nothing can be written: it must say so in one sentence, and not go on."""
    try:
        report = send()
    except DatabaseError:
        return
    raise RuntimeError(f"a disk that cannot be written did not stop the dispatcher: {report}")


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of a few megabytes; raises PermissionError where that is not allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)],  # noqa: S607 (mount of the path)
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        raise PermissionError(mounted.stderr.decode())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607 (as above)


@contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Fill a disk to the last byte for a while."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(_BALLAST)):
            pass
    yield
    ballast.unlink()


@contextmanager
def _nearly_full(disk: Path) -> Iterator[None]:
    """Leave room for some transactions only, so that a disk becomes full while mail leaves."""
    with _full(disk):
        os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - _ROOM)
        yield


@contextmanager
def _read_only(disk: Path) -> Iterator[None]:
    """Forbid writing on a disk for a while."""
    _remount(disk, "ro")
    yield
    _remount(disk, "rw")


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)  # noqa: S607 (mount of the path)
