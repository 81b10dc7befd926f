"""The tree of a YAML file: lists, tables and words, each with its line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """One word, number or text as written; `plain` when it stands without quotes."""

    text: str
    plain: bool
    path: str
    line: int
    column: int

    @property
    def empty(self) -> bool:
        """Whether nothing is written here (or `null`)."""
        return self.plain and self.text in _NOTHING


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One `key: value` of a table."""

    key: Scalar
    value: Node


@dataclass(frozen=True, kw_only=True)
class MapNode:
    """A table; its keys are unique."""

    entries: tuple[Entry, ...]
    path: str
    line: int
    column: int

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None when it is not there."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@dataclass(frozen=True, kw_only=True)
class SequenceNode:
    """A list."""

    items: tuple[Node, ...]
    path: str
    line: int
    column: int

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node = Scalar | MapNode | SequenceNode
Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def to_python(node: Node | None) -> Plain:
    """Return a tree as plain values by YAML 1.2's core rules: `on`, `yes`, `no` and dates stay texts."""
    if isinstance(node, MapNode):
        return {entry.key.text: to_python(entry.value) for entry in node}
    if isinstance(node, SequenceNode):
        return [to_python(item) for item in node]
    return None if node is None else scalar_value(node)


def scalar_value(node: Scalar) -> str | int | float | bool | None:
    """Return one scalar as the text, number, truth value or nothing that YAML 1.2 takes it for."""
    if node.empty:
        return None
    if not node.plain:
        return node.text
    if node.text in _TRUTH:
        return _TRUTH[node.text]
    return _number(node.text)


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if _DECIMAL.fullmatch(text) else math.inf
    return number if math.isfinite(number) else text
