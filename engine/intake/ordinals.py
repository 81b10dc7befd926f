"""How often a row has been seen in its file: counted in memory, beyond a limit on disk, so that memory stays flat."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from types import TracebackType
from typing import Self

LIMIT = 250_000
_CACHE_KIB = 32_768
_FIND = "SELECT digest, number FROM seen WHERE digest IN (SELECT value FROM json_each(?))"
_SPILL = "INSERT OR REPLACE INTO seen (digest, number) VALUES (?, ?)"


class Ordinals:
    """Numbers equal rows 0, 1, 2 … through a whole file, in whatever batches they come.

    Counts of more than `limit` different rows go to a temporary SQLite database, which vanishes in the end.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._recent: dict[str, int] = {}
        self._disk: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Begin to count."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the counts and their temporary file."""
        if self._disk:
            self._disk.close()

    def number(self, digests: Sequence[str]) -> list[int]:
        """Return for each row of the next batch how many equal rows came before it."""
        recent = self._recent
        if self._disk:
            asked = json.dumps([digest for digest in digests if digest not in recent])
            recent.update(self._disk.execute(_FIND, (asked,)).fetchall())
        numbers = []
        for digest in digests:
            number = recent.get(digest, 0)
            recent[digest] = number + 1
            numbers.append(number)
        if len(recent) > self._limit:
            self._spill()
        return numbers

    def _spill(self) -> None:
        self._disk = self._disk or _temporary()
        self._disk.executemany(_SPILL, sorted(self._recent.items()))
        self._recent.clear()


def _temporary() -> sqlite3.Connection:
    disk = sqlite3.connect("", isolation_level=None)
    for pragma in (f"cache_size=-{_CACHE_KIB}", "journal_mode=OFF", "synchronous=OFF"):
        disk.execute(f"PRAGMA {pragma}")
    disk.execute("CREATE TABLE seen (digest TEXT PRIMARY KEY, number INT) WITHOUT ROWID")
    disk.execute("BEGIN")
    return disk
