"""Declared facts: coerced to their type at the border, and laid out in the columns that make them comparable.

The text of a stored value says by itself what it is (an instant with its `Z`, a sum with its unit), so that it can be
read again as another type when a declaration changes, and so that the history is read as rules read it today.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from engine import values as v
from engine.clock import from_micros
from engine.facts import FactType, text_key

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
    """Return a built-in fact's value as the history keeps it: instants as microseconds, booleans as words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def written(type_: FactType, value: v.Value | None) -> str | None:
    """Return a trait's value as its text: what any type can be read from again."""
    if value is not None and type_ is _T.TIME:
        return from_micros(int(value)).isoformat().replace("+00:00", "Z")
    return f"{value} {_MINOR}" if value is not None and type_ is _T.MONEY else encode(value)


def utc_day(micros: int) -> str:
    """Return the UTC day of an instant as ISO text."""
    return from_micros(micros).date().isoformat()


_LAYOUT: dict[FactType, Callable[[Any], Stored]] = {
    _T.TEXT: lambda said: Stored(key=text_key(said)),
    _T.URL: lambda said: Stored(key=text_key(said)),
    _T.NUMBER: lambda said: Stored(number=float(said)),
    _T.MONEY: lambda said: Stored(number=float(said)),
    _T.BOOLEAN: lambda said: Stored(number=float(said)),
    _T.DATE: lambda said: Stored(day=said),
    _T.TIME: lambda said: Stored(time=said, day=utc_day(said)),
}


def lay_out(type_: FactType, value: v.Value | None) -> Stored:
    """Return the columns of a trait's value; all empty where the trait was cleared."""
    return Stored() if value is None else _LAYOUT[type_](value)._replace(text=written(type_, value))


_MINOR = "minor"
_SUM = re.compile(rf"(-?\d+) {_MINOR}")


def _stored_sum(raw: v.Raw, border: v.Border) -> v.Value:
    minor = _SUM.fullmatch(str(raw))
    return int(minor[1]) if minor else v.money(raw, border)


def _stored_day(raw: v.Raw, border: v.Border) -> v.Value:
    """Return a day; of an instant that is midnight in the border's zone, that day."""
    try:
        return v.day(raw, border)
    except v.BadValue:
        local = from_micros(int(v.moment(raw, border))).astimezone(ZoneInfo(border.zone))
        if local.time() != time():
            raise
        return local.date().isoformat()


_STORED: dict[FactType, v.Parser] = {**_PARSERS, _T.MONEY: _stored_sum, _T.DATE: _stored_day}


def read_again(type_: FactType, text: str, border: v.Border) -> v.Value:
    """Return what a stored text is as a type; raises BadValue where it is none.

    A time without an offset is of the border's zone, a sum without a unit in the border's currency.
    """
    return _STORED[type_](text, border)


def recast(type_: FactType, text: str | None, border: v.Border) -> Stored:
    """Return the columns of a stored text as a type has them: the text stays; where it cannot be read, it is all."""
    try:
        return lay_out(type_, None if text is None else read_again(type_, text, border))._replace(text=text)
    except v.BadValue:
        return Stored(text=text)


def same_text(type_: FactType, text: str | None, border: v.Border) -> str | None:
    """Return a stored text as it would be written now, so that one value has one text; unreadable it stays."""
    try:
        return None if text is None else written(type_, read_again(type_, text, border))
    except v.BadValue:
        return text
