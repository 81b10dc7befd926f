"""Where rows come from: a file or standard input, recognised, counted, refused with a sentence if it is no text."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from engine.errors import UsageError

Format = Literal["csv", "jsonl"]
PEEK = 65_536
_BOM = b"\xef\xbb\xbf"
_ENDINGS: dict[str, Format] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_MAGIC = (
    (b"\x1f\x8b", "is compressed; say `gunzip -c FILE | lifecycle import KIND -`"),
    (b"PK\x03\x04", "is a spreadsheet or an archive; save it as CSV"),
    (b"PAR1", "is Parquet; write it as CSV or JSONL"),
    (b"SQLite format 3\0", "is a SQLite database; write the table as CSV"),
    (b"\xff\xfe", "is UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16; save it as UTF-8"),
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened input: its name for messages, its format, its text, and how far it has been read."""

    name: str
    format: Format
    lines: io.TextIOWrapper
    counted: Counted
    size: int | None


class Counted(io.RawIOBase):
    """A binary stream that counts the bytes read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.read_bytes = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer has no length
        """Read at most as much as `buffer` holds."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.read_bytes += len(data)
        return len(data)


@contextmanager
def opened(source: Path | BinaryIO, format_: Format | None = None) -> Iterator[Source]:
    """Yield the input, ready to read; raises UsageError in one sentence for what is no text of rows."""
    if not isinstance(source, Path):
        yield _recognised(source, "standard input", None, format_)
        return
    with _open(source) as stream:
        size = os.fstat(stream.fileno()).st_size
        yield _recognised(stream, str(source), size, format_ or _ENDINGS.get(source.suffix.lower()))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder; name a file, or `-` for standard input") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _recognised(stream: BinaryIO, name: str, size: int | None, format_: Format | None) -> Source:
    counted = Counted(stream)
    buffered = io.BufferedReader(counted, PEEK)
    start = buffered.peek(PEEK)
    _refuse(start, name)
    if start.startswith(_BOM):
        buffered.read(len(_BOM))
    lines = io.TextIOWrapper(buffered, encoding="utf-8", errors="surrogateescape", newline="")
    first = start.removeprefix(_BOM).lstrip()[:1]
    return Source(
        name=name, format=format_ or ("jsonl" if first == b"{" else "csv"), lines=lines, counted=counted, size=size
    )


def _refuse(start: bytes, name: str) -> None:
    for magic, why in _MAGIC:
        if start.startswith(magic):
            raise UsageError(f"{name} {why}")
    text = start.removeprefix(_BOM)
    if not text.strip():
        raise UsageError(f"{name} is empty")
    if b"\0" in text:
        raise UsageError(f"{name} is not text; give CSV or JSONL in UTF-8")
    if re.match(rb"\s*\[\s*[\[{]", text):
        raise UsageError(f"{name} is one JSON list; write an object a line (jq -c '.[]' FILE)")
    _refuse_other_encodings(start, name)


def _refuse_other_encodings(start: bytes, name: str) -> None:
    try:
        start.decode()
    except UnicodeDecodeError as error:
        if error.end < len(start) or error.reason != "unexpected end of data":
            line = start.count(b"\n", 0, error.start) + 1
            raise UsageError(
                f"{name} is not UTF-8 (line {line}); convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE"
            ) from None
