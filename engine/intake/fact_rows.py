"""Rows of customers and accounts, read into what they say: an id, a time, and facts with their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from engine.intake.mapping import Columns, Target, parser
from engine.intake.records import CLEAR, Record
from engine.intake.refusal import Refused
from engine.values import BadValue, Border, Raw, Value

Facts = dict[str, Value | None]


class Statement(NamedTuple):
    """What one row says of one subject; `at` is None where the row does not tell from when. None clears a fact."""

    id: str
    at: int | None
    facts: Facts


class FactReader:
    """Reads rows of customers or accounts into statements."""

    def __init__(self, columns: Columns, border: Border) -> None:
        self._columns = columns
        self._border = border

    def __call__(self, record: Record) -> Statement:
        """Return what a row says; raises Refused with every bad cell."""
        problems: list[tuple[str, str]] = []
        cells = list(self._cells(record, problems))
        said = self._facts(cells, self._in_currency(cells), problems)
        subject, at = said.pop("id", None), said.pop("updated_at", None)
        if subject is None and not problems:
            problems.append(("id", "is missing"))
        if record.problem or problems:
            raise Refused(record, problems)
        assert isinstance(subject, str)
        assert at is None or isinstance(at, int)
        return Statement(subject, at, said)

    def _cells(self, record: Record, problems: list[tuple[str, str]]) -> Iterator[tuple[str, Target, Raw | None]]:
        for column, raw in record.cells:
            try:
                target = self._columns.target(column)
            except BadValue as error:
                problems.append((column, str(error)))
                continue
            if target and not (isinstance(raw, str) and not raw.strip()):
                yield column, target, None if raw == CLEAR else raw

    def _in_currency(self, cells: list[tuple[str, Target, Raw | None]]) -> Border:
        """Return the border with the row's own currency; one that is none is reported where its own cell is parsed."""
        named = [raw for _, target, raw in cells if target.field and target.name == "currency" and raw is not None]
        return replace(self._border, currency=str(named[0]).strip().upper()) if named else self._border

    @staticmethod
    def _facts(cells: list[tuple[str, Target, Raw | None]], border: Border, problems: list[tuple[str, str]]) -> Facts:
        said: Facts = {}
        for column, target, raw in cells:
            try:
                said[target.sets] = None if raw is None else parser(target)(raw, border)
            except BadValue as error:
                problems.append((column, str(error)))
        if border.currency and said.get("amount") is not None:
            said.setdefault("currency", border.currency)
        return said
