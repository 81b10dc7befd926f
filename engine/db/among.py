"""Many texts as one parameter of a statement: an array on PostgreSQL, JSON on SQLite."""

from __future__ import annotations

from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


class _Among(sa.ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 (SQLAlchemy's own)
        ("column", InternalTraversal.dp_clauseelement),
        ("parameter", InternalTraversal.dp_string),
    ]

    def __init__(self, column: sa.ColumnElement[str], parameter: str) -> None:
        self.column, self.parameter = column, parameter

    def self_group(self, against: object = None) -> Self:  # noqa: ARG002 (SQLAlchemy's own)
        """Return itself: compared with 1, as other columns that say yes or no, it would not use an index."""
        return self


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    given = sa.bindparam(element.parameter, type_=sa.JSON())
    listed = sa.select(sa.func.json_each(given).table_valued("value").c.value)
    return compiler.process(element.column.in_(listed), **options)


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    given = sa.bindparam(element.parameter, type_=ARRAY(sa.Text()))
    return compiler.process(element.column == sa.any_(given), **options)


def among(column: sa.ColumnElement[str], parameter: str) -> sa.ColumnElement[bool]:
    """Return whether a text is one of those in a parameter, a list: a statement that is the same for any number."""
    return _Among(column, parameter)
