"""A worker with a witness, whose database is put back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sending import NOW, a_runtime

from engine import dispatch, witness
from engine.clock import SetClock
from engine.providers.memory import MemoryProvider
from engine.witness import Witness


@pytest.fixture
def clock() -> SetClock:
    """The time of the worker."""
    return SetClock(NOW)


@pytest.fixture
def provider() -> MemoryProvider:
    """Who carries mail, and remembers it whatever happens to the database."""
    return MemoryProvider()


@pytest.fixture
def seen(database: sa.Engine, tmp_path: Path) -> Iterator[Witness]:
    """The witness of the worker."""
    found = witness.opened(database, tmp_path / "state")
    yield found
    found.close()


@pytest.fixture
def worker(
    database: sa.Engine, seen: Witness, clock: SetClock, provider: MemoryProvider
) -> Iterator[dispatch.Dispatcher]:
    """A worker that runs all the time."""
    with dispatch.Dispatcher(database, provider, a_runtime().settings, clock=clock, witness=seen) as found:
        yield found
