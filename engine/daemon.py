"""The long-running process: one APScheduler job a stage, until it is told to stop.

APScheduler only wakes the stages up; what is due is decided by rows and the clock.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from engine.clock import Clock, monotonic
from engine.errors import LifecycleError

log = structlog.get_logger("lifecycle")
STOPPING = (signal.SIGTERM, signal.SIGINT)
HEEDED_WITHIN = 0.5
"""Seconds between two looks at the signals: one that comes as the process is continued wakes another thread."""

_COLLECT_AFTER = (10_000, 20, 100)
_CHANGE_AFTER = 0.02
"""Seconds that a thread may keep the interpreter while another waits for it."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage and how often it is woken; `run` returns the figures of its log line, or nothing worth one."""

    name: str
    run: Callable[[], Mapping[str, object]]
    every: timedelta


class Watcher(Protocol):
    """Told of every run of a stage: its figures, how many seconds it took, and whether it went well."""

    def __call__(self, stage: str, figures: Mapping[str, object], *, seconds: float, sound: bool) -> None:
        """Take note."""


def nothing() -> None:
    """Have nothing to stop."""


def unwatched(stage: str, figures: Mapping[str, object], *, seconds: float, sound: bool) -> None:
    """Take no note."""


def settle_in() -> None:
    """Let Python look for garbage seldom, never again among what is loaded by now, and change threads less often.

    Only cycles are found by looking; all else is freed at once. Sending makes some hundred objects a mail, and looking
    after each 700 of them takes a tenth of its time; its two threads take the interpreter from each other every 5 ms.
    For a process that lives long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    sys.setswitchinterval(_CHANGE_AFTER)


def run(
    stages: tuple[Stage, ...],
    *,
    clock: Clock,
    stop: threading.Event | None = None,
    stopping: Callable[[], None] = nothing,
    watch: Watcher = unwatched,
) -> None:
    """Run each stage now and then at its interval, each in a thread of its own, until SIGTERM or SIGINT.

    A stage still running at its next time is not started twice. One that fails is logged in a line and tried again at
    its next time. `stopping` is called when it is told to stop; it returns when what was under way has ended.
    `watch` is told of every run.
    """
    stop = stop or threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(len(stages))})
    for stage in stages:
        _schedule(scheduler, stage, clock, watch)
    with _asked_to_stop() as asked:
        scheduler.start()
        while not (asked or stop.wait(HEEDED_WITHIN)):
            pass
        log.info("stopping", waiting_for="what is under way")
        stopping()
        scheduler.shutdown(wait=True)
        log.info("stopped")


def _schedule(scheduler: BackgroundScheduler, stage: Stage, clock: Clock, watch: Watcher) -> None:
    # A missed or late wake-up is worth having, once: stages ask the clock what is due, so nothing piles up.
    scheduler.add_job(
        lambda: attend(stage, watch),
        "interval",
        seconds=stage.every.total_seconds(),
        id=stage.name,
        next_run_time=clock.now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )


def attend(stage: Stage, watch: Watcher = unwatched) -> bool:
    """Run a stage once and log what it did in a line; returns whether it went well, without a `problem`."""
    began = monotonic()
    figures = _run(stage)
    seconds = monotonic() - began
    sound = figures is not None and "problem" not in figures
    watch(stage.name, figures or {}, seconds=seconds, sound=sound)
    if figures:
        tell = log.info if sound else log.warning
        tell(stage.name, **figures, seconds=round(seconds, 3))
    return sound


def _run(stage: Stage) -> Mapping[str, object] | None:
    """Return the figures of a stage; None where it failed, which is logged."""
    try:
        return stage.run()
    except LifecycleError as error:
        log.error("stage failed", stage=stage.name, reason=str(error))  # noqa: TRY400 (one sentence is the message)
    except Exception:
        log.exception("stage failed", stage=stage.name)
    return None


@contextmanager
def _asked_to_stop() -> Iterator[Sequence[int]]:
    """Take note of SIGTERM and SIGINT, where this is the main thread; a second Ctrl-C ends the process at once.

    A second SIGTERM does not: supervisors send it to a process and its group, and requests in flight must be settled.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in STOPPING}

    def ask(number: int, _frame: object) -> None:
        if number == signal.SIGINT and asked:
            raise KeyboardInterrupt
        asked.append(number)

    for number in STOPPING:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
