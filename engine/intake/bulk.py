"""Many rows in one go: read by a set of keys, written as one upsert, on both databases.

SQLite writes fastest by INSERTs of some hundred rows each, PostgreSQL by one statement over one JSON parameter; both
read by the latter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Row = tuple[Any, ...]
Insert = TypeVar("Insert", sqlite.Insert, postgresql.Insert)
Excluded = Callable[[Any], dict[str, Any]]
_PARAMETER = "json_rows"
_SQLITE_PARAMETERS = 999
"""As many as every SQLite takes in one statement."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _JsonRows(FunctionElement[Any]):
    """The rows of one JSON parameter, each a list, in a column `value`."""

    name = "json_rows"
    inherit_cache = True


@compiles(_JsonRows, "sqlite")
def _json_each(element: _JsonRows, compiler: SQLCompiler, **options: object) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_JsonRows, "postgresql")
def _jsonb_array_elements(element: _JsonRows, compiler: SQLCompiler, **options: object) -> str:
    return f"jsonb_array_elements(CAST({compiler.process(element.clauses, **options)} AS JSONB))"


def given(*types: type[int | str]) -> tuple[sa.TableValuedAlias, list[sa.ColumnElement[Any]]]:
    """Return the table of the rows that a statement is given (see `with_rows`), and its columns, of these types."""
    rows = _JsonRows(sa.bindparam(_PARAMETER, type_=sa.Text)).table_valued("value", name="given")
    return rows, [_part(rows, number, sa.BigInteger if type_ is int else None) for number, type_ in enumerate(types)]


def _part(
    rows: sa.TableValuedAlias, number: int, type_: type[sa.types.TypeEngine[Any]] | None
) -> sa.ColumnElement[Any]:
    part: sa.ColumnElement[Any] = rows.c.value.op("->>", return_type=sa.Text())(sa.literal_column(str(number)))
    return part if type_ is None else sa.cast(part, type_)


def with_rows(
    connection: sa.Connection, statement: sa.Executable, rows: Iterable[Sequence[Any]], **also: str
) -> sa.CursorResult[Any]:
    """Run a statement over `given` rows and with other parameters."""
    return connection.execute(statement, {_PARAMETER: _encode(list(rows)), **also})


@dataclass(frozen=True, kw_only=True)
class Upsert:
    """Writes rows of `columns`; on a key that is there does nothing, or what `update` makes of the row `excluded`."""

    table: sa.Table
    columns: tuple[str, ...]
    update: Excluded | None = None
    where: Callable[[Any], sa.ColumnElement[bool]] | None = None
    _made: dict[int, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        order = [column.name for column in self.table.columns if column.name in self.columns]
        assert order == list(self.columns), f"{self.table.name}: name the columns in the table's order, {order}"

    def __call__(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Write the rows, in the order of `columns`, as plain integers and texts; no key may stand twice."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            self._write_sqlite(connection, rows)
        else:
            with_rows(connection, self._for_postgresql(), rows)

    def _write_sqlite(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        size = _SQLITE_PARAMETERS // len(self.columns)
        whole = len(rows) - len(rows) % size
        for start in range(0, whole, size):
            some = tuple(chain.from_iterable(rows[start : start + size]))
            connection.exec_driver_sql(self._for_sqlite(size), some)
        if rows[whole:]:
            connection.exec_driver_sql(self._for_sqlite(1), list(rows[whole:]))

    def _for_sqlite(self, count: int) -> str:
        if count not in self._made:
            insert = self._settle(sqlite.insert(self.table).values(dict.fromkeys(self.columns)))
            one = f"({', '.join('?' * len(self.columns))})"
            made = str(insert.compile(dialect=sqlite.dialect()))
            self._made[count] = made.replace(one, ", ".join([one] * count), 1)
        return self._made[count]

    def _for_postgresql(self) -> sa.Executable:
        rows, _ = given()
        parts = [_part(rows, number, _cast_to(self.table.c[name])) for number, name in enumerate(self.columns)]
        insert = postgresql.insert(self.table).from_select(list(self.columns), sa.select(*parts).select_from(rows))
        return self._settle(insert)

    def _settle(self, insert: Insert) -> Insert:
        keys = list(self.table.primary_key.columns)
        if self.update is None:
            return insert.on_conflict_do_nothing(index_elements=keys)
        return insert.on_conflict_do_update(
            index_elements=keys,
            set_=self.update(insert.excluded),
            where=self.where(insert.excluded) if self.where else None,
        )


def latest(table: sa.Table, new: Any) -> sa.ColumnElement[Any]:  # noqa: ANN401 (the row `excluded` of either dialect)
    """Return the stamp of a row that is written over one that is there; the clock may go back, a stamp must not."""
    old = table.c.changed_at
    return sa.case((new.changed_at > old, new.changed_at), else_=old)


def _cast_to(column: sa.Column[Any]) -> type[sa.types.TypeEngine[Any]] | None:
    if isinstance(column.type, sa.JSON):
        return postgresql.JSONB
    kind = getattr(column.type, "impl", column.type)
    for numeric in (sa.Float, sa.BigInteger, sa.Integer):
        if isinstance(kind, numeric):
            return numeric
    return None
