"""Declared facts: coerced to their type at the border, and laid out in the columns that make them comparable."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from engine.clock import from_micros
from engine.facts import FactType, text_key
from engine.intake import values as v

_T = FactType


def _any_text(raw: v.Raw, border: v.Border) -> str:
    return v.text(json.dumps(raw, ensure_ascii=False, sort_keys=True) if isinstance(raw, list | dict) else raw, border)


_PARSERS: dict[FactType, v.Parser] = {
    _T.TEXT: _any_text,
    _T.NUMBER: v.number,
    _T.MONEY: v.money,
    _T.BOOLEAN: v.boolean,
    _T.DATE: v.day,
    _T.TIME: v.moment,
    _T.URL: v.url,
}

ACCEPTS: dict[FactType, str] = {
    _T.TEXT: "any text; lists and objects of JSONL are kept as JSON",
    _T.NUMBER: "`12`, `12.5`, `-3`: a decimal point, no separators of thousands",
    _T.MONEY: "a sum in the row's currency (else --currency), `12.00`; or minor units in a column `NAME_minor`",
    _T.BOOLEAN: "`true`/`false`, `yes`/`no`, `t`/`f`, `1`/`0`, `on`/`off`",
    _T.DATE: "`2026-03-15`",
    _T.TIME: "`2026-03-15T09:30:00Z`, `2026-03-15 09:30` (the zone's time), `2026-03-15` (midnight)",
    _T.URL: "an address that begins with `http://` or `https://`",
}
"""What each declared type takes, for the documentation."""


class Stored(NamedTuple):
    """A trait's value columns, as the table `trait` has them: instants in microseconds, days as ISO text."""

    text: str | None = None
    key: str | None = None
    number: float | None = None
    time: int | None = None
    day: str | None = None


def parse_trait(type_: FactType, raw: v.Raw, border: v.Border) -> v.Value:
    """Return the value of a trait of a declared type; raises BadValue with the reason where it is none."""
    return _PARSERS[type_](raw, border)


def encode(value: v.Value | None) -> str | None:
    """Return a fact's value as the history keeps it: instants as microseconds, days as ISO text, booleans as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def utc_day(micros: int) -> str:
    """Return the UTC day of an instant as ISO text."""
    return from_micros(micros).date().isoformat()


_LAYOUT: dict[FactType, Callable[[Any], Stored]] = {
    _T.TEXT: lambda said: Stored(text=said, key=text_key(said)),
    _T.URL: lambda said: Stored(text=said, key=text_key(said)),
    _T.NUMBER: lambda said: Stored(text=encode(said), number=float(said)),
    _T.MONEY: lambda said: Stored(text=encode(said), number=float(said)),
    _T.BOOLEAN: lambda said: Stored(text=encode(said), number=float(said)),
    _T.DATE: lambda said: Stored(text=said, day=said),
    _T.TIME: lambda said: Stored(text=encode(said), time=said, day=utc_day(said)),
}


def lay_out(type_: FactType, value: v.Value | None) -> Stored:
    """Return the columns of a trait's value; all empty where the trait was cleared."""
    return Stored() if value is None else _LAYOUT[type_](value)
