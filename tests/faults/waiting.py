"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK = 0.02
SILENCE = 240.0
"""Seconds by which a silent worker has been noticed, by the engine's own constants: 65 of lease, 60 of silence."""


def until(true: Callable[[], bool], *, seconds: float = SILENCE) -> None:
    """Wait until something is so; raises TimeoutError where it takes longer than anything may."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"still not so after {seconds:.0f} seconds")
        time.sleep(LOOK)
