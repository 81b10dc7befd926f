"""Sending in this process, run after run at later and later times, until nothing is left to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from faults.table import UNENDED
from sending import NOW, a_runtime, statuses

from engine import dispatch, providers
from engine.clock import SetClock

RUNS = 60
"""An hour apart, they end before any message is too late."""


def quiet() -> None:
    """Do nothing between runs."""


def send_on(
    engine: sa.Engine, settings: Mapping[str, Any], *, start: datetime = NOW, between: Callable[[], None] = quiet
) -> None:
    """Send, each run over new connections and an hour after the one before, until every message has ended."""
    running = a_runtime(**settings)
    for hours in range(RUNS):
        clock = SetClock(start + timedelta(hours=hours))
        dispatch.run_once(engine, running, providers.make(running.settings), clock=clock)
        if not UNENDED & statuses(engine).keys():
            return
        between()
    raise TimeoutError(f"after {RUNS} runs some messages have not ended: {statuses(engine)}")
