"""Properties of events: scalars become numbers, booleans or texts; texts get the keys by which rules compare them."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from engine.facts import text_key
from engine.values import BIGGEST, BadValue, Raw, text

SIZE_LIMIT = 65_536
DEPTH_LIMIT = 8
REMEMBERED_LENGTH = 100
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?")
_DIGITS = 15
MOST = 10**300
"""Beyond this a database could not compare a number as a float."""
_BOOLEANS = {"true": True, "false": False}
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

Json = str | int | float | bool | list[Any] | dict[str, Any] | None


class Property(NamedTuple):
    """One property as a member of a JSON object, `"name":value`: as stored, and as compared."""

    value: str
    key: str | None
    name: str


def from_csv(name: str, raw: str) -> Property:
    """Return a CSV cell: `12`, `12.00` and `true` are read as what they look like, `00012` is a text."""
    return _remembered(name, raw) if len(raw) <= REMEMBERED_LENGTH else _from_csv(name, raw)


def _from_csv(name: str, raw: str) -> Property:
    said = text(raw)
    value: Json = _BOOLEANS.get(said.casefold(), said)
    if (found := _NUMBER.fullmatch(said)) and sum(map(str.isdigit, said)) <= _DIGITS:
        value = _number(float(said)) if found[1] else int(said)
    return _property(name, value)


_remembered = lru_cache(maxsize=32_768)(_from_csv)


def from_json(name: str, raw: Raw) -> Property:
    """Return a JSON value, as typed there; lists and objects have no key."""
    return _property(name, _clean(raw))


def _property(name: str, value: Json) -> Property:
    whole = f"{_encode(name)}:{_encode(value)}"
    if isinstance(value, list | dict):
        return Property(whole, None, name)
    if isinstance(value, str) and text_key(value) != value:
        return Property(whole, f"{_encode(name)}:{_encode(text_key(value))}", name)
    return Property(whole, whole, name)


def _number(value: float) -> int | float:
    """Return a number that both databases can compare; whole ones may have more digits than a float keeps."""
    if not -MOST < value < MOST:
        raise BadValue("is not a number the engine can hold")
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() and abs(value) <= BIGGEST else value


def _clean(value: Json, depth: int = 0) -> Json:
    if depth > DEPTH_LIMIT:
        raise BadValue(f"is nested more than {DEPTH_LIMIT} deep")
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {text(name): _clean(part, depth + 1) for name, part in value.items()}
    return value if isinstance(value, bool) or value is None else _number(value)


def as_json(found: list[Property]) -> tuple[str, str]:
    """Return the properties and their keys as JSON objects, in one order whatever that of the columns."""
    found.sort()
    values, keys, names = zip(*found, strict=True)
    if len(set(names)) < len(names):
        raise BadValue(f"`{max(names, key=names.count)}` is said twice")
    whole = f"{{{','.join(values)}}}"
    if len(whole) > SIZE_LIMIT:
        raise BadValue(f"the row's properties are more than {SIZE_LIMIT:,} characters")
    return whole, whole if keys == values else f"{{{','.join(filter(None, keys))}}}"
