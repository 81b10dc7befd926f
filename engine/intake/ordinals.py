"""How often a row has been seen in its file, counted on disk so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_CACHE_KIB = 32_768
_INSERT = "INSERT OR IGNORE INTO seen (digest, number, batch) VALUES (?, ?, ?)"
_FIND = "SELECT CASE WHEN batch = ? THEN 0 ELSE number END FROM seen WHERE digest = ?"
_ADD = "UPDATE seen SET number = number + ? WHERE digest = ? AND batch < ?"


class Ordinals:
    """Numbers equal rows 0, 1, 2 … through a whole file, in whatever batches they come.

    The counts live in a temporary SQLite database, which stays in memory while it is small, then goes to disk.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)
        self._batch = 0

    def __enter__(self) -> Self:
        """Open the counts."""
        for pragma in (f"cache_size=-{_CACHE_KIB}", "journal_mode=OFF", "synchronous=OFF"):
            self._seen.execute(f"PRAGMA {pragma}")
        self._seen.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, number INT, batch INT) WITHOUT ROWID")
        self._seen.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the counts and their temporary file."""
        self._seen.close()

    def number(self, digests: Sequence[bytes]) -> list[int]:
        """Return for each row of the next batch how many equal rows came before it."""
        before = self._count(Counter(digests))
        numbers = []
        for digest in digests:
            numbers.append(before[digest])
            before[digest] += 1
        return numbers

    def _count(self, counts: Mapping[bytes, int]) -> dict[bytes, int]:
        """Add a batch's counts to those of earlier ones, and return the earlier ones."""
        self._batch += 1
        rows = [(digest, counts[digest], self._batch) for digest in sorted(counts)]
        if self._seen.executemany(_INSERT, rows).rowcount == len(rows):
            return dict.fromkeys(counts, 0)
        before = {digest: self._seen.execute(_FIND, (self._batch, digest)).fetchone()[0] for digest in counts}
        self._seen.executemany(_ADD, ((counts[digest], digest, self._batch) for digest, n in before.items() if n))
        return before
