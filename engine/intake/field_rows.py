"""Rows of files that have fields alone: members, consents, suppressions."""

from __future__ import annotations

from engine.intake.fields import FIELDS
from engine.intake.mapping import Columns, parser
from engine.intake.records import CLEAR, Record
from engine.values import BadValue, Border, Value

Problems = list[tuple[str, str]]


def read_fields(record: Record, columns: Columns, border: Border) -> tuple[dict[str, Value], Problems]:
    """Return the fields of a row that hold something, and what is wrong with its cells or missing."""
    said: dict[str, Value] = {}
    problems: Problems = []
    for column, raw in record.cells:
        try:
            target = columns.target(column)
            blank = raw is None or raw == CLEAR or (isinstance(raw, str) and not raw.strip())
            if target and not blank:
                said[target.name] = parser(target)(raw, border)
        except BadValue as error:
            problems.append((column, str(error)))
    if not problems:
        needed = (field.name for field in FIELDS[columns.kind].values() if field.required)
        problems += [(name, "is missing") for name in needed if name not in said]
    return said, problems
