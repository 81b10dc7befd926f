"""Many rows of texts and whole numbers as one parameter of a statement: JSON on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

Column = sa.ColumnElement[Any]


class _AmongRows(sa.ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy's own)
        ("columns", InternalTraversal.dp_clauseelement_list),
        ("parameter", InternalTraversal.dp_string),
    ]

    def __init__(self, columns: Sequence[Column], parameter: str) -> None:
        self.columns, self.parameter = list(columns), parameter

    def self_group(self, against: object = None) -> Self:  # noqa: ARG002 (SQLAlchemy's own)
        """Return itself: compared with 1, as other columns that say yes or no, it would not use an index."""
        return self


@compiles(_AmongRows, "sqlite")
def _among_json(element: _AmongRows, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    given = sa.bindparam(element.parameter, type_=sa.JSON())
    row = sa.func.json_each(given).table_valued("value").c.value
    cells = [sa.func.json_extract(row, sa.literal_column(f"'$[{place}]'")) for place, _ in enumerate(element.columns)]
    return compiler.process(_are_one_of(element.columns, cells), **options)


@compiles(_AmongRows, "postgresql")
def _among_jsonb(element: _AmongRows, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    given = sa.bindparam(element.parameter, type_=JSONB())
    row = sa.func.jsonb_array_elements(given).table_valued("value").c.value
    cells = [row.op("->>")(sa.literal_column(str(place))) for place, _ in enumerate(element.columns)]
    return compiler.process(_are_one_of(element.columns, cells), **options)


def _are_one_of(columns: Sequence[Column], cells: Sequence[Column]) -> sa.ColumnElement[bool]:
    """Compare with cells of the columns' own types: only then SQLite uses an index of all these columns."""
    typed = [sa.cast(cell, column.type) for cell, column in zip(cells, columns, strict=True)]
    return sa.tuple_(*columns).in_(sa.select(*typed))


def among_rows(columns: Sequence[Column], parameter: str) -> sa.ColumnElement[bool]:
    """Return whether columns together are one of the rows in a parameter, lists of values as they are stored."""
    return _AmongRows(columns, parameter)
