"""What SQLite and PostgreSQL say differently: tables of parameters in JSON, calendar days, properties of events.

Everything else of a compiled rule is the same on both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.models.tables import enrollment

Column = sa.ColumnElement[Any]
Kind = sa.types.TypeEngine[Any]
TEXT: Kind = sa.String()
WHOLE: Kind = sa.BigInteger()
REAL: Kind = sa.Double()
_PLAIN = re.compile(r"[A-Za-z0-9_ .$-]+")
"""Names that a JSON path of SQLite can say; it compares them with the text of the document, escapes and all."""


def parameter(name: str, kind: Kind = WHOLE) -> sa.BindParameter[Any]:
    """Return a parameter that is given at each execution."""
    return sa.bindparam(name, value=0 if kind is WHOLE else "", type_=kind)


def probe(rows: sa.FromClause, *tests: sa.ColumnElement[bool]) -> sa.Exists:
    """Return whether some rows hold one that passes the tests; all other sources belong to the statement around it."""
    return sa.exists(sa.select(sa.literal_column("1")).select_from(rows).where(*tests).correlate_except(rows))


@dataclass(frozen=True)
class Listed:
    """Rows of a parameter: what stands in a FROM, and its columns by their names."""

    table: sa.FromClause
    columns: Mapping[str, Column]


class Speech(Protocol):
    """The few things that each database says its own way."""

    def rows(self, name: str, columns: Mapping[str, Kind]) -> sa.Select[Any]:
        """Return the rows of a parameter that holds a JSON array of arrays."""
        ...

    def rows_under(self, name: str, columns: Mapping[str, Kind], *keys: Column) -> Listed:
        """Return the rows that a parameter, JSON objects in each other, holds under some keys; none where it has none.

        It may stand in a FROM to the right of the tables that the keys are read from.
        """
        ...

    def texts(self, name: str) -> sa.Select[tuple[str]]:
        """Return the texts of a parameter that holds a JSON array of texts, as the column `id`."""
        ...

    def days(self, name: str) -> sa.Select[tuple[str]]:
        """Return the same as `texts` of a few calendar days of ISO text, or of keys of such."""
        ...

    def entry(self, name: str, key: Column) -> Column:
        """Return the whole number that a parameter, a JSON object, holds under a key."""
        ...

    def day_number(self, day: Column) -> Column:
        """Return the number of days from 1970-01-01 to a day of ISO text."""
        ...

    def latest(self, *instants: Column) -> Column:
        """Return the greatest of some numbers, none of which is NULL."""
        ...

    def property(self, keys: Column, name: str, kind: type) -> Column:
        """Return a property as text, number or truth value; NULL where it is of another type."""
        ...

    def ledger(self) -> Any:  # noqa: ANN401 (an Insert of either dialect; both have on_conflict_do_nothing)
        """Return an INSERT into the ledger that may say what to do on conflict."""
        ...


class _Sqlite:
    def rows(self, name: str, columns: Mapping[str, Kind]) -> sa.Select[Any]:
        found = self._listed(sa.func.json_each(parameter(name, TEXT)), name, columns)
        return sa.select(*(column.label(name) for name, column in found.columns.items()))

    def rows_under(self, name: str, columns: Mapping[str, Kind], *keys: Column) -> Listed:
        array = sa.func.json_extract(parameter(name, TEXT), self._path(*keys))
        return self._listed(sa.func.json_each(array), name, columns)

    @staticmethod
    def _listed(function: sa.Function[Any], name: str, columns: Mapping[str, Kind]) -> Listed:
        each = function.table_valued("value", name=name)
        values = {
            column: sa.type_coerce(sa.func.json_extract(each.c.value, sa.literal_column(f"'$[{place}]'")), kind)
            for place, (column, kind) in enumerate(columns.items())
        }
        return Listed(each, values)

    @staticmethod
    def _path(*keys: Column) -> Column:
        path: Column = sa.literal_column("'$'")
        for key in keys:
            path = path.op("||")(sa.literal_column("'.\"'")).op("||")(key).op("||")(sa.literal_column("'\"'"))
        return path

    def texts(self, name: str) -> sa.Select[tuple[str]]:
        each = sa.func.json_each(parameter(name, TEXT)).table_valued("value", name=name)
        return sa.select(sa.type_coerce(each.c.value, TEXT).label("id"))

    def days(self, name: str) -> sa.Select[tuple[str]]:
        return self.texts(name)

    def entry(self, name: str, key: Column) -> Column:
        return sa.type_coerce(sa.func.json_extract(parameter(name, TEXT), self._path(key)), WHOLE)

    def day_number(self, day: Column) -> Column:
        seconds = sa.func.strftime(sa.literal_column("'%s'"), day)
        return sa.type_coerce(seconds.op("/")(sa.literal_column("86400")), WHOLE)

    def latest(self, *instants: Column) -> Column:
        return sa.func.max(*instants) if len(instants) > 1 else instants[0]

    def property(self, keys: Column, name: str, kind: type) -> Column:
        if _PLAIN.fullmatch(name):
            path = sa.literal(f'$."{name}"', TEXT)
            return self._typed(sa.func.json_type(keys, path), sa.func.json_extract(keys, path), kind)
        each = sa.func.json_each(keys).table_valued("key", "type", "value")
        typed = sa.select(self._typed(each.c.type, each.c.value, kind)).where(each.c.key == name)
        return typed.correlate_except(each).scalar_subquery()

    @staticmethod
    def _typed(found: Column, value: Column, kind: type) -> Column:
        if kind is bool:
            return sa.case((found == "true", 1), (found == "false", 0), else_=None)
        if kind is str:
            return sa.case((found == "text", sa.type_coerce(value, TEXT)), else_=None)
        return sa.case((found.in_(["integer", "real"]), sa.cast(value, sa.REAL)), else_=None)

    def ledger(self) -> Any:  # noqa: ANN401 (as in Speech)
        return sqlite.insert(enrollment)


class _Postgresql:
    def rows(self, name: str, columns: Mapping[str, Kind]) -> sa.Select[Any]:
        found = self._listed(sa.cast(parameter(name, TEXT), postgresql.JSONB), name, columns)
        return sa.select(*(column.label(name) for name, column in found.columns.items()))

    def rows_under(self, name: str, columns: Mapping[str, Kind], *keys: Column) -> Listed:
        array = self._document(name)
        for key in keys:
            array = array.op("->")(key)
        return self._listed(array, name, columns)

    def texts(self, name: str) -> sa.Select[tuple[str]]:
        given = sa.cast(parameter(name, TEXT), postgresql.JSONB)
        return sa.select(self._each("jsonb_array_elements_text", given, name, TEXT).c.value.label("id"))

    def days(self, name: str) -> sa.Select[tuple[str]]:
        # Of an array the planner expects ten, of JSON a hundred, for whose rows it would rather read the whole table.
        array = sa.func.translate(parameter(name, TEXT), sa.literal_column("'[]'"), sa.literal_column("'{}'"))
        return sa.select(self._each("unnest", sa.cast(array, postgresql.ARRAY(TEXT)), name, TEXT).c.value.label("id"))

    def _listed(self, array: Column, name: str, columns: Mapping[str, Kind]) -> Listed:
        each = self._each("jsonb_array_elements", array, name, postgresql.JSONB())
        values = {
            column: sa.cast(each.c.value.op("->>")(sa.literal_column(str(place))), kind)
            for place, (column, kind) in enumerate(columns.items())
        }
        return Listed(each, values)

    @staticmethod
    def _each(function: str, given: Column, name: str, kind: Kind) -> Any:  # noqa: ANN401 (a table function)
        return getattr(sa.func, function)(given).table_valued(sa.column("value", kind)).render_derived(name=name)

    @staticmethod
    def _document(name: str) -> Column:
        """Return a parameter as a document that is read once a statement, not once a row."""
        return sa.select(sa.cast(parameter(name, TEXT), postgresql.JSONB)).scalar_subquery()

    def entry(self, name: str, key: Column) -> Column:
        return sa.cast(self._document(name).op("->>")(key), WHOLE)

    def day_number(self, day: Column) -> Column:
        days = sa.cast(day, sa.Date).op("-")(sa.literal_column("DATE '1970-01-01'"))
        return sa.cast(days, WHOLE)

    def latest(self, *instants: Column) -> Column:
        return sa.func.greatest(*instants)

    def property(self, keys: Column, name: str, kind: type) -> Column:
        label = sa.literal(name, TEXT)
        found = sa.func.jsonb_typeof(keys.op("->")(label))
        value = sa.type_coerce(keys.op("->>")(label), TEXT)
        if kind is bool:
            return _truth(found, value)
        if kind is str:
            return sa.case((found == "string", value), else_=None)
        return sa.case((found == "number", sa.cast(value, REAL)), else_=None)

    def ledger(self) -> Any:  # noqa: ANN401 (as in Speech)
        return postgresql.insert(enrollment)


def _truth(found: Column, value: Column) -> Column:
    boolean = found == "boolean"
    return sa.case((sa.and_(boolean, value == "true"), 1), (boolean, 0), else_=None)


SPEECHES: Mapping[str, Speech] = {"sqlite": _Sqlite(), "postgresql": _Postgresql()}
"""By the name of SQLAlchemy's dialect."""
