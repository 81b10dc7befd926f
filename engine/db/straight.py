"""Questions that are asked with every mail, handed straight to the driver: built once, and answered in tuples.

SQLAlchemy compiles such a statement, converts what goes in and comes out, and explains its errors, as for all others;
what it makes anew for each execution takes longer than the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

Statement = sa.Select[Any] | sa.Update | sa.Insert
Convert = Callable[[Any], Any]
Rows = list[tuple[Any, ...]]


class Straight:
    """A statement that returns rows, or writes them. It has no `IN` with a list: use `among`."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._built: dict[str, _Built] = {}
        self._names = tuple(column.name for column in _columns(statement))

    def rows(self, connection: sa.Connection, given: Mapping[str, Any]) -> Rows:
        """Return all rows, with values as the types of the columns have them."""
        return self._for(connection.dialect).rows(connection, given)

    def write(self, connection: sa.Connection, given: Sequence[Mapping[str, Any]]) -> int:
        """Execute it with one set of parameters after the other; returns how many rows were written."""
        return self._for(connection.dialect).write(connection, given)

    def mappings(self, connection: sa.Connection, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return all rows by the names of their columns."""
        return [dict(zip(self._names, row, strict=True)) for row in self.rows(connection, given)]

    def _for(self, dialect: sa.Dialect) -> _Built:
        if dialect.name not in self._built:
            self._built[dialect.name] = _Built(self._statement, dialect)
        return self._built[dialect.name]


class _Built:
    """A statement for one database; it counts its parameters where there is an `order`."""

    def __init__(self, statement: Statement, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        bound = {name: each for each, name in compiled.bind_names.items()}
        self._goes_in = {name: each.type.dialect_impl(dialect).bind_processor(dialect) for name, each in bound.items()}
        self._sql = str(compiled)
        self._dialect = dialect
        order = getattr(compiled, "positiontup", None)
        self._order = None if order is None else [(name, self._goes_in[name]) for name in order]
        self._constants = {name: each.value for name, each in bound.items() if not each.required}
        self._columns = [column.type.dialect_impl(dialect) for column in _columns(statement)]
        self._comes_out: list[tuple[int, Convert]] | None = None

    def rows(self, connection: sa.Connection, given: Mapping[str, Any]) -> Rows:
        """Return all rows."""
        values = self._values(given)
        with self._cursor(connection, values, many=False) as cursor:
            found = cursor.execute(self._sql, values).fetchall()
            if self._comes_out is None:
                self._comes_out = self._converters([column[1] for column in cursor.description])
        return _converted(found, self._comes_out)

    def write(self, connection: sa.Connection, given: Sequence[Mapping[str, Any]]) -> int:
        """Return how many rows were written."""
        values = [self._values(each) for each in given]
        with self._cursor(connection, values, many=True) as cursor:
            cursor.executemany(self._sql, values)
            return int(cursor.rowcount)

    @contextmanager
    def _cursor(self, connection: sa.Connection, values: Any, *, many: bool) -> Iterator[Any]:  # noqa: ANN401
        """Yield a cursor of the driver; listeners of SQLAlchemy hear of it, and its errors are those of SQLAlchemy."""
        cursor = connection.connection.cursor()
        told = (connection, cursor, self._sql, values, None, many)
        try:
            connection.dispatch.before_cursor_execute(*told)
            yield cursor
            connection.dispatch.after_cursor_execute(*told)
        except Exception as error:  # noqa: BLE001 (SQLAlchemy tells what is the driver's from what is not)
            connection._handle_dbapi_exception(error, self._sql, values, cursor, None)  # noqa: SLF001 (as it does itself)
        finally:
            cursor.close()

    def _values(self, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 (a tuple or a dict, as the driver wants them)
        known = {**self._constants, **given} if self._constants else given
        if self._order is None:
            return {name: convert(known[name]) if convert else known[name] for name, convert in self._goes_in.items()}
        return tuple([convert(known[name]) if convert else known[name] for name, convert in self._order])

    def _converters(self, codes: Sequence[Any]) -> list[tuple[int, Convert]]:
        """Return what turns the values of columns, by their numbers; the driver says of what types they are."""
        both = enumerate(zip(self._columns, codes, strict=True))
        found = [(number, type_.result_processor(self._dialect, code)) for number, (type_, code) in both]
        return [(number, convert) for number, convert in found if convert]


def _columns(statement: Statement) -> Sequence[sa.ColumnElement[Any]]:
    return tuple(statement.selected_columns) if isinstance(statement, sa.Select) else ()


def _converted(found: Rows, comes_out: Sequence[tuple[int, Convert]]) -> Rows:
    if not found or not comes_out:
        return found
    columns: list[Any] = list(zip(*found, strict=True))
    for number, convert in comes_out:
        columns[number] = map(convert, columns[number])
    return list(zip(*columns, strict=True))
