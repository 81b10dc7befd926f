"""Checks a value against a schema: the few words of JSON Schema that SendGrid's description uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.testing.sendgrid.schema import Schema


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing that is wrong with a request: the field as SendGrid writes it, and a sentence."""

    field: str
    message: str


def wrongs(value: Any, schema: Schema, field: str = "") -> Iterator[Wrong]:  # noqa: ANN401 (any JSON)
    """Yield all that a schema forbids in a value."""
    kind = schema["type"]
    if not _KINDS[kind](value):
        yield Wrong(field=field, message=f"Bad Request: {field or 'the body'} is not of type {kind}")
        return
    yield from (Wrong(field=field, message=f"{field} {words}") for words in _limits(value, schema))
    if kind == "object":
        yield from _of_object(value, schema, field)
    if kind == "array":
        for number, item in enumerate(value):
            yield from wrongs(item, schema["items"], f"{field}.{number}")


def _of_object(value: Mapping[str, Any], schema: Schema, field: str) -> Iterator[Wrong]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for name in schema.get("required", ()):
        if name not in value:
            yield Wrong(field=_below(field, name), message=f"{_below(field, name)} is required")
    for name, each in value.items():
        of_name = known.get(name, others)
        if of_name is not None:
            yield from wrongs(each, of_name, _below(field, name))


def _limits(value: Any, schema: Schema) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    for word, (broken, sentence) in _LIMITS.items():
        limit = schema.get(word)
        if limit is not None and broken(value, limit):
            yield sentence.format(limit)


def _below(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _repeats(value: list[Any]) -> bool:
    return any(each in value[:number] for number, each in enumerate(value))


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_LIMITS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minLength": (lambda value, limit: len(value) < limit, "must have at least {} characters"),
    "maxLength": (lambda value, limit: len(value) > limit, "must have at most {} characters"),
    "maxItems": (lambda value, limit: len(value) > limit, "must hold at most {}"),
    "maxProperties": (lambda value, limit: len(value) > limit, "must have at most {} properties"),
    "uniqueItems": (lambda value, limit: limit and _repeats(value), "must not repeat itself"),
    "enum": (lambda value, limit: value not in limit, "must be one of {}"),
    "format": (lambda value, _limit: not re.fullmatch(r"[^@\s]+@[^@\s]+", value), "does not contain a valid address"),
}
