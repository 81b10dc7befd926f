"""Rows as they stand in the file: CSV with a header, or one JSON object a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NoReturn

from engine.errors import UsageError
from engine.intake.source import Source

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

CLEAR = r"\N"
REJECT_COLUMNS = ("row", "column", "reason")
REJECT_COLUMNS_APART = ("rejected_row", "rejected_column", "rejected_reason")
"""What a rejects file adds to each row; the second set where the rows have a column of the first themselves."""

SAMPLE = 1_000
LONGEST_CELL = 16 * 1024 * 1024
"""Characters of one CSV cell: more is a quotation mark that was not closed, and is not read into memory."""
_DELIMITERS = ",;\t|"


@dataclass(slots=True)
class Record:
    """One row: the line it begins on, its cells with their columns (to be read once), and itself as it was read."""

    row: int
    cells: Iterable[tuple[str, Any]]
    original: Any
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Records:
    """The rows of an input, and the columns it is known to have (for JSONL: those of its first rows)."""

    columns: tuple[str, ...]
    rows: Iterator[Record] = field(repr=False)
    delimiter: str | None = None


def records(source: Source) -> Records:
    """Return the rows of an input; raises UsageError for a header that cannot be one."""
    return _csv(source) if source.format == "csv" else _jsonl(source)


def _csv(source: Source) -> Records:
    first = next(line for line in source.lines if line.strip())
    csv.field_size_limit(LONGEST_CELL)
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], source.lines), delimiter=delimiter, strict=True)
    header = _header(reader, source.name)
    _check_header(header, source.name)
    return Records(columns=tuple(header), rows=_csv_rows(reader, header, source.name), delimiter=delimiter)


def _broken(name: str, row: int, error: csv.Error) -> UsageError:
    return UsageError(f"{name}, line {row}: {error}; is a quotation mark not closed?")


def _header(reader: CsvReader, name: str) -> list[str]:
    try:
        return [column.strip() for column in next(reader)]
    except csv.Error as error:
        raise _broken(name, 1, error) from None


def _check_header(header: list[str], name: str) -> None:
    twice = sorted({column for column in header if header.count(column) > 1 and column})
    if twice:
        raise UsageError(f"{name} has the column `{twice[0]}` twice; name each once")
    if not any(header):
        raise UsageError(f"{name} has no header; its first line must name the columns")


def _csv_rows(reader: CsvReader, header: list[str], name: str) -> Iterator[Record]:
    width, row = len(header), reader.line_num + 1
    try:
        for cells in reader:
            if len(cells) == width:
                yield Record(row, zip(header, cells, strict=True), cells)
            elif cells:
                yield Record(row, (), cells, f"the row has {len(cells)} cells, the header {width}")
            row = reader.line_num + 1
    except csv.Error as error:
        raise _broken(name, row, error) from None


def _jsonl(source: Source) -> Records:
    rows = _jsonl_rows(source)
    sample = list(islice(rows, SAMPLE))
    columns = tuple(dict.fromkeys(column for record in sample for column, _ in record.cells))
    if not columns:
        raise UsageError(f"{source.name} holds no JSON objects; write one a line")
    return Records(columns=columns, rows=chain(sample, rows))


def _jsonl_rows(source: Source) -> Iterator[Record]:
    for row, line in enumerate(source.lines, 1):
        if line.strip():
            yield _object(row, line)


def _object(row: int, line: str) -> Record:
    try:
        found = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Record(row, (), line.rstrip("\r\n"), "the line is not JSON")
    if not isinstance(found, dict):
        return Record(row, (), line.rstrip("\r\n"), "the line is not a JSON object")
    if is_rejects(list(found)):
        found = dict(list(found.items())[: -len(REJECT_COLUMNS)])
    return Record(row, found.items(), found)


def is_rejects(columns: Sequence[str]) -> bool:
    """Tell whether the last columns are those a rejects file adds: once mended, it can be imported as it is."""
    return tuple(columns[-len(REJECT_COLUMNS) :]) in {REJECT_COLUMNS, REJECT_COLUMNS_APART}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
