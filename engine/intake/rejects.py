"""The rejects file: rows that were not taken, as they were, with the place and the reason beside them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from engine.errors import UsageError
from engine.intake.records import REJECT_COLUMNS, REJECT_COLUMNS_APART, Records, is_rejects
from engine.intake.refusal import Refused


class Rejects:
    """Writes rejected rows to a file that only its owner may read; without any, no file is made or touched."""

    def __init__(self, path: Path, found: Records) -> None:
        self._path = path
        self._header = found.columns if found.delimiter else None
        self._width = len(found.columns) - (len(REJECT_COLUMNS) if is_rejects(found.columns) else 0)
        self._delimiter = found.delimiter or ","
        self._stream: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        """Get ready; the file is opened at the first rejected row."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._stream:
            self._stream.close()

    @property
    def path(self) -> Path | None:
        """Where the rejected rows are; None when there are none."""
        return self._path if self.count else None

    def add(self, refused: Refused) -> None:
        """Write one rejected row: its own columns, then row, column and reason."""
        stream = self._stream or self._open()
        where = (refused.record.row, refused.column, refused.reason)
        if self._header is None:
            stream.write(_as_json(refused.record.original, where) + "\n")
        else:
            self._write(stream, self._row(refused.record.original, where, len(self._header)))
        self.count += 1

    def _open(self) -> TextIO:
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UsageError(f"{self._path} cannot be written: {error.strerror}; name another with --rejects") from None
        self._stream = os.fdopen(file, "w", encoding="utf-8", errors="surrogateescape", newline="")
        if self._header is not None:
            self._write(self._stream, (*self._header[: self._width], *_added(self._header[: self._width])))
        return self._stream

    def _row(self, cells: Sequence[str], where: tuple[int, str, str], read: int) -> list[Any]:
        own = [*cells[: self._width], *[""] * (self._width - len(cells))]
        return [*own, *where, *cells[read:]]

    def _write(self, stream: TextIO, cells: Sequence[Any]) -> None:
        csv.writer(stream, delimiter=self._delimiter, lineterminator="\n").writerow(cells)


def _added(taken: Collection[str]) -> tuple[str, ...]:
    return REJECT_COLUMNS if set(REJECT_COLUMNS).isdisjoint(taken) else REJECT_COLUMNS_APART


def _as_json(original: object, where: tuple[int, str, str]) -> str:
    own = original if isinstance(original, dict) else {"line": original}
    return json.dumps(own | dict(zip(_added(own), where, strict=True)))
