"""The daemon wakes its stages, survives their failures and stops when told."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

from structlog.testing import capture_logs

from engine.clock import SystemClock
from engine.daemon import Stage, attend, run, settle_in
from engine.errors import LifecycleError

OFTEN = timedelta(milliseconds=5)


def stage(work: Callable[[], Mapping[str, object]], name: str = "evaluate") -> Stage:
    """A stage that does this often."""
    return Stage(name=name, run=work, every=OFTEN)


def test_a_process_that_lives_long_looks_for_garbage_seldom() -> None:
    """What is loaded is left out of it, garbage is found all the same, and threads change less often."""
    usual, before = gc.get_threshold(), sys.getswitchinterval()
    try:
        settle_in()
        assert gc.get_freeze_count() > 10_000
        assert gc.isenabled()
        assert gc.get_threshold()[0] > usual[0]
        assert sys.getswitchinterval() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
        sys.setswitchinterval(before)


def test_every_stage_is_woken_again_and_again_until_it_is_stopped() -> None:
    """A stage runs at once and then at its interval; stopping waits for what is under way."""
    stop, calls = threading.Event(), {"evaluate": 0, "dispatch": 0}

    def work(name: str) -> dict[str, object]:
        calls[name] += 1
        if min(calls.values()) >= 3:
            stop.set()
        return {}

    run((stage(lambda: work("evaluate")), stage(lambda: work("dispatch"), "dispatch")), clock=SystemClock(), stop=stop)
    assert min(calls.values()) >= 3


def test_a_stage_that_fails_is_tried_again() -> None:
    """One failure is a line in the log, not the end of the daemon."""
    stop, calls = threading.Event(), [0]

    def work() -> dict[str, object]:
        calls[0] += 1
        if calls[0] == 1:
            raise LifecycleError("the database is locked")
        stop.set()
        return {}

    with capture_logs() as lines:
        run((stage(work),), clock=SystemClock(), stop=stop)
    assert [line["reason"] for line in lines if line["event"] == "stage failed"] == ["the database is locked"]


def test_a_problem_is_a_warning_and_not_a_success() -> None:
    """A provider that cannot be reached does not raise, and whoever runs a stage once has to notice."""
    with capture_logs() as lines:
        assert not attend(stage(lambda: {"problem": "localhost cannot be reached"}))
    assert [line["log_level"] for line in lines] == ["warning"]


def test_a_stage_that_did_nothing_logs_nothing() -> None:
    """An idle daemon is silent."""
    with capture_logs() as lines:
        assert attend(stage(dict))
    assert lines == []


def test_a_signal_that_another_thread_receives_stops_it_too() -> None:
    """The system gives SIGTERM to any thread when it comes as a stopped process goes on."""
    stop, calls = threading.Event(), [0]

    def work() -> dict[str, object]:
        calls[0] += 1
        if calls[0] == 3:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        return {}

    never = threading.Timer(60, stop.set)
    never.start()
    run((stage(work),), clock=SystemClock(), stop=stop)
    assert never.is_alive()
    never.cancel()
