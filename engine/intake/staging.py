"""Rows set down on disk and read again in the order of what they are about, so that a file's order cannot matter."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from types import TracebackType
from typing import Any, NamedTuple, Self

_CACHE_KIB = 32_768
_INSERT = "INSERT INTO staged (key, at, row, said, original) VALUES (?, ?, ?, ?, ?)"
_ORDERED = "SELECT key, at, row, said, original FROM staged ORDER BY key, at IS NULL, at, row"
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class StagedRow(NamedTuple):
    """A row set down: what it is about, from when it holds (None: now), what it says, and itself for the rejects."""

    key: str
    at: int | None
    row: int
    said: Any
    original: Any


class Staging:
    """A temporary database of rows, gone in the end; it stays in memory while it is small."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)

    def __enter__(self) -> Self:
        """Make the temporary table."""
        for pragma in (f"cache_size=-{_CACHE_KIB}", "journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
            self._disk.execute(f"PRAGMA {pragma}")
        self._disk.execute("CREATE TABLE staged (key TEXT, at INT, row INT, said TEXT, original TEXT)")
        self._disk.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the rows and their temporary file."""
        self._disk.close()

    def add(self, rows: Iterable[StagedRow]) -> None:
        """Set rows down."""
        self._disk.executemany(_INSERT, ((*row[:3], _encode(row.said), _encode(row.original)) for row in rows))

    def groups(self, size: int) -> Iterator[list[list[StagedRow]]]:
        """Yield the rows of `size` keys at a time, by key; within a key by time, those without one last."""
        ordered = (
            StagedRow(key, at, row, json.loads(said), json.loads(original))
            for key, at, row, said, original in self._disk.execute(_ORDERED)
        )
        by_key = (list(rows) for _, rows in groupby(ordered, itemgetter(0)))
        while some := list(islice(by_key, size)):
            yield some
