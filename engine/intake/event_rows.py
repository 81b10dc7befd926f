"""Rows of an events file, read into what the log stores."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from engine.intake import properties
from engine.intake.mapping import Columns
from engine.intake.properties import Property
from engine.intake.records import CLEAR, Record
from engine.intake.refusal import Refused
from engine.values import BadValue, Border, Parser, Raw, Value

CACHED = 65_536
_NEEDED = ("customer_id", "at", "name")
_NOTHING = ("", CLEAR, None)


class EventRow(NamedTuple):
    """One event as said: `id` is None where the row has none of its own, `at` may still lie in the future.

    `row` is where it stands in its file.
    """

    customer_id: str
    id: str | None
    name: str
    at: int
    properties: str | None
    keys: str | None
    row: int = 0


Known = tuple[str | None, Callable[[Any], Any]]


class EventReader:
    """Reads rows into events; what repeats (customers, dates, names, values) is parsed once."""

    def __init__(self, columns: Columns, border: Border, *, typed: bool) -> None:
        self._columns = columns
        self._typed = typed
        self._property = properties.from_json if typed else properties.from_csv
        self._border = border
        self._taken: dict[str, Known] = {}
        self._always: dict[str, Any] = {"id": None}
        if columns.event_name:
            self._always["name"] = columns.event_name

    def __call__(self, record: Record) -> EventRow:
        """Return the event a row tells of; raises Refused with every bad cell."""
        said = self._always.copy()
        extras: list[Property] = []
        problems = []
        for column, raw in record.cells:
            if raw in _NOTHING or (raw.__class__ is str and raw.isspace()):
                continue
            try:
                name, parse = self._taken.get(column) or self._learn(column)
                if name is None:
                    extras.append(parse(raw))
                else:
                    said[name] = parse(raw)
            except BadValue as error:
                problems.append((column, str(error)))
        return _event(record, said, extras, problems)

    def _learn(self, column: str) -> Known:
        target = self._columns.target(column)
        if target is None:
            taken: Known = ("", _ignore)
        elif target.field is None:
            taken = (None, partial(self._property, target.name))
        else:
            taken = (target.field.name, (_any_once if self._typed else _once)(target.field.parse, self._border))
        self._taken[column] = taken
        return taken


def _ignore(_raw: Raw) -> None:
    """Take nothing from a cell."""


def _once(parse: Parser, border: Border) -> Callable[[Any], Value]:
    """Return a parser that remembers what it has parsed."""
    return lru_cache(CACHED, typed=True)(lambda raw: parse(raw, border))


def _any_once(parse: Parser, border: Border) -> Callable[[Any], Value]:
    """Return one that also takes lists and objects, which cannot be remembered."""
    remembered = _once(parse, border)
    return lambda raw: parse(raw, border) if isinstance(raw, list | dict) else remembered(raw)


def _event(record: Record, said: dict[str, Any], extras: list[Property], problems: list[tuple[str, str]]) -> EventRow:
    values = keys = None
    if extras and not problems:
        try:
            values, keys = properties.as_json(extras)
        except BadValue as error:
            problems.append(("", str(error)))
    if record.problem or problems:
        raise Refused(record, problems)
    try:
        return EventRow(said["customer_id"], said["id"], said["name"], said["at"], values, keys, record.row)
    except KeyError:
        raise Refused(record, [(name, "is missing") for name in _NEEDED if name not in said]) from None
