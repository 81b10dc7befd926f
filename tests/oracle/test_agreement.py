"""Ticks, full passes and the oracle decide the same, on SQLite and PostgreSQL, whatever happens in whatever order.

`LIFECYCLE_HISTORIES=2000 pytest tests/oracle` plays that many histories; without it a few that take some seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from careless import careless
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle.dense import IN_A_POOL, Dense
from oracle.history import History, Side
from oracle.pool import Pool

from engine.db import connect

HISTORIES = int(os.environ.get("LIFECYCLE_HISTORIES", "0"))


@pytest.fixture
def sides(tmp_path: Path, sqlite_template: Path) -> Iterator[list[tuple[str, sa.Engine, bool]]]:
    """Two SQLite databases, one evaluated by ticks and one by full passes; losing them would not matter."""
    made = []
    for name in ("ticks", "full passes"):
        path = tmp_path / f"{name}.db"
        path.write_bytes(sqlite_template.read_bytes())
        made.append((f"sqlite by {name}", careless(connect(f"sqlite:///{path}")), name == "full passes"))
    yield made
    for _, engine, _ in made:
        engine.dispose()


@pytest.fixture
def postgres_side(database_url: str) -> Iterator[tuple[str, sa.Engine, bool]]:
    """A PostgreSQL database evaluated by ticks."""
    engine = connect(database_url)
    yield ("postgresql by ticks", careless(engine), False)
    engine.dispose()


def _play(seeds: range, sides: list[tuple[str, sa.Engine, bool]]) -> int:
    return sum(Dense(seed=seed, number=number).play(sides) for seed in seeds for number in range(IN_A_POOL))


def test_dense_histories_on_sqlite(sides: list[tuple[str, sa.Engine, bool]]) -> None:
    """After every tick of many dense histories, ticks and full passes have decided what the oracle decides."""
    assert _play(range(max(HISTORIES // IN_A_POOL, 2)), sides) > 50


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_dense_histories_on_postgresql(postgres_side: tuple[str, sa.Engine, bool]) -> None:
    """After every tick of dense histories, ticks on PostgreSQL have decided what the oracle decides."""
    seeds = range(30_000, 30_000 + max(HISTORIES // IN_A_POOL // 4, 2))
    assert _play(seeds, [postgres_side]) > 20


CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@settings(max_examples=max(HISTORIES // 10, 10), deadline=None, suppress_health_check=CHECKS, database=None)
@given(rng=st.randoms(use_true_random=False))
def test_shrinkable_histories(sides: list[tuple[str, sa.Engine, bool]], rng: Random) -> None:
    """The same of short histories that Hypothesis invents, so that a fault comes down to its smallest story."""
    history = History(lambda _: rng, Pool(rng, 2, needed=()), [Side(*side) for side in sides], rules=2)
    history.play(range(6))
    history.recheck()
