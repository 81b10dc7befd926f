"""A progress bar for simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from engine.cli import output

MINUTE = timedelta(minutes=1)


@contextmanager
def simulated(start: datetime, until: datetime, label: str = "Simulating") -> Iterator[Callable[[datetime], None]]:
    """Show how far a moving clock has come; the block calls what it gets with each instant."""
    total = (until - start) // MINUTE
    with output.progress(label) as bar:
        yield lambda at: bar((at - start) // MINUTE, total)
