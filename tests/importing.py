"""Importing in a test: files from texts, a clock that moves on its own, and all that a database holds."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from engine.clock import SetClock
from engine.intake import ImportOptions, ImportReport, Kind, Progress, import_file

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
Contents = dict[str, list[dict[str, Any]]]


class Importer:
    """Imports texts, each an hour after the one before, and reads what came of it."""

    def __init__(self, database: sa.Engine, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = SetClock(START)

    def __call__(
        self,
        kind: Kind,
        content: str | bytes | Path,
        *,
        name: str = "rows.csv",
        batch: int = 1000,
        progress: Progress | None = None,
        **options: Any,  # noqa: ANN401 (whatever ImportOptions takes)
    ) -> ImportReport:
        """Import a text or bytes as a file of that name, or a file that is there."""
        self.clock.at += timedelta(hours=1)
        path = content if isinstance(content, Path) else self.folder / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_file(
            self.database,
            kind,
            path,
            clock=self.clock,
            options=ImportOptions(**options),
            batch=batch,
            rejects_path=self.rejects,
            progress=progress,
        )

    def pipe(self, kind: Kind, content: bytes, **options: Any) -> ImportReport:  # noqa: ANN401 (as above)
        """Import what comes through a pipe."""
        stream = io.BytesIO(content)
        chosen = ImportOptions(**options)
        return import_file(self.database, kind, stream, clock=self.clock, options=chosen, rejects_path=self.rejects)

    @property
    def rejects(self) -> Path:
        """Where rejected rows go."""
        return self.folder / "rejects.out"

    def rejected(self) -> list[dict[str | None, Any]]:
        """Return the rows of a CSV rejects file; surplus cells stand under None."""
        return list(csv.DictReader(io.StringIO(self.rejects.read_text(), newline="")))

    def contents(self) -> Contents:
        """Return every row of every table, in the order of what the rows hold."""
        with self.database.connect() as connection:
            return {
                name: sorted((dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr)
                for name, table in SQLModel.metadata.tables.items()
            }

    def column(self, query: str) -> list[Any]:
        """Return the first column of a query."""
        with self.database.connect() as connection:
            return list(connection.exec_driver_sql(query).scalars())

    def clear(self) -> None:
        """Delete every row but the one that says which database this is."""
        with self.database.begin() as connection:
            for table in SQLModel.metadata.sorted_tables:
                if table.name != "installation":
                    connection.execute(sa.delete(table))


def shuffled(text: str, seed: int) -> str:
    """Return a CSV text with its rows in another order."""
    header, *rows = text.splitlines()
    random.Random(seed).shuffle(rows)  # noqa: S311 (an order, no secret)
    return "\n".join([header, *rows, ""])


def without(contents: Contents, columns: Mapping[str, Collection[str]]) -> Contents:
    """Return contents without some columns of some tables, such as the stamps of another time of arrival."""
    return {
        table: sorted(
            ({name: value for name, value in row.items() if name not in columns.get(table, ())} for row in rows),
            key=repr,
        )
        for table, rows in contents.items()
    }


STAMPS = {
    "customer": {"created_at", "changed_at", "seen_changed_at"},
    "event": {"received_at"},
    "event_total": {"changed_at", "first_changed_at", "last_changed_at"},
    "absence": {"changed_at"},
}
"""What tells when events were learned, and so depends on the order of their arrival."""
