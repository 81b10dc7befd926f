"""Properties of events: scalars become numbers, booleans or texts; texts get the keys by which rules compare them.

They are handed on as JSON: `value` as stored, `key` as compared (None where rules cannot compare it).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from engine.facts import text_key
from engine.intake.values import BIGGEST, BadValue, Raw, text

SIZE_LIMIT = 65_536
DEPTH_LIMIT = 8
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(\.\d{1,10})?")
_DIGITS = 15
_BOOLEANS = {"true": True, "false": False}
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

Json = str | int | float | bool | list[Any] | dict[str, Any] | None


class Property(NamedTuple):
    """One property in JSON: its name, its value, its key."""

    name: str
    value: str
    key: str | None


@lru_cache(maxsize=65_536)
def from_csv(name: str, raw: str) -> Property:
    """Return a CSV cell: `12`, `12.00` and `true` are read as what they look like, `00012` is a text."""
    said = text(raw)
    value: Json = _BOOLEANS.get(said.casefold(), said)
    if (found := _NUMBER.fullmatch(said)) and sum(map(str.isdigit, said)) <= _DIGITS:
        value = _number(float(said)) if found[1] else int(said)
    return _property(name, value)


def from_json(name: str, raw: Raw) -> Property:
    """Return a JSON value, as typed there; lists and objects have no key."""
    return _property(name, _clean(raw))


def _property(name: str, value: Json) -> Property:
    key = text_key(value) if isinstance(value, str) else value
    return Property(_encode(name), _encode(value), None if isinstance(value, list | dict) else _encode(key))


def _number(value: float) -> int | float:
    if not math.isfinite(value):
        raise BadValue("is not a number the engine can hold")
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
    return _number(value) if isinstance(value, float) else value


def as_json(found: Sequence[Property]) -> tuple[str | None, str | None]:
    """Return the properties and their keys as JSON texts in the order of names, None where there are none."""
    if not found:
        return None, None
    ordered = sorted(found)
    values = ",".join([f"{name}:{value}" for name, value, _ in ordered])
    if len(values) > SIZE_LIMIT:
        raise BadValue(f"the row's properties are more than {SIZE_LIMIT:,} characters")
    keys = ",".join([f"{name}:{key}" for name, _, key in ordered if key is not None])
    return f"{{{values}}}", f"{{{keys}}}"
