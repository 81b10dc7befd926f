"""Rows of an events file, read into what the log stores."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from engine.intake import properties
from engine.intake.fields import FIELDS, Kind
from engine.intake.mapping import Columns
from engine.intake.properties import Property
from engine.intake.records import CLEAR, Record
from engine.intake.refusal import Refused
from engine.intake.values import BadValue, Border, Parser, Raw, Value

CACHED = 65_536
_NEEDED = ("customer_id", "at", "name")
_NOTHING = ("", CLEAR, None)


class EventRow(NamedTuple):
    """One event as said: `id` is None where the row has none of its own, `at` may still lie in the future."""

    customer_id: str
    id: str | None
    name: str
    at: int
    properties: str | None
    keys: str | None


Scalar = str | int | float | bool
Take = Callable[[Any, dict[str, Any], list[Property]], None]


class EventReader:
    """Reads rows into events; what repeats (customers, dates, names) is parsed once."""

    def __init__(self, columns: Columns, border: Border, *, typed: bool) -> None:
        self._columns = columns
        self._property = properties.from_json if typed else properties.from_csv
        self._parsers = {name: _cached(field.parse, border) for name, field in FIELDS[Kind.EVENTS].items()}
        self._takes: dict[str, Take] = {}

    def __call__(self, record: Record) -> EventRow:
        """Return the event a row tells of; raises Refused with every bad cell."""
        said: dict[str, Any] = {"id": None, "name": self._columns.event_name}
        extras: list[Property] = []
        problems = []
        for column, raw in record.cells.items():
            if raw in _NOTHING:
                continue
            try:
                take = self._takes.get(column) or self._learn(column)
                take(raw, said, extras)
            except BadValue as error:
                problems.append((column, str(error)))
        return _event(record, said, extras, problems)

    def _learn(self, column: str) -> Take:
        target = self._columns.target(column)
        if target is None:
            take = _ignore
        elif target.field is None:
            take = partial(_take_property, self._property, target.name)
        else:
            take = partial(_take_field, self._parsers[target.field.name], target.field.name)
        self._takes[column] = take
        return take


def _cached(parse: Parser, border: Border) -> Callable[[Scalar], Value]:
    @lru_cache(CACHED, typed=True)
    def parsed(raw: Scalar) -> Value:
        return parse(raw, border)

    return parsed


def _ignore(raw: Raw, said: dict[str, Any], extras: list[Property]) -> None:
    """Take nothing from a cell."""


def _take_field(
    parse: Callable[[Scalar], Value], name: str, raw: Raw, said: dict[str, Any], _extras: list[Property]
) -> None:
    if isinstance(raw, list | dict):
        raise BadValue("is a list or an object where a text belongs")
    said[name] = parse(raw)


def _take_property(
    parse: Callable[[str, Any], Property], name: str, raw: Raw, _said: dict[str, Any], extras: list[Property]
) -> None:
    extras.append(parse(name, raw))


def _event(record: Record, said: dict[str, Any], extras: list[Property], problems: list[tuple[str, str]]) -> EventRow:
    try:
        values, keys = properties.as_json(extras)
    except BadValue as error:
        problems.append(("", str(error)))
    if record.problem or problems:
        raise Refused(record, problems)
    try:
        return EventRow(said["customer_id"], said["id"], said["name"], said["at"], values, keys)
    except KeyError:
        raise Refused(record, [(name, "is missing") for name in _NEEDED if said.get(name) is None]) from None
