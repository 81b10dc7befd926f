"""Flat Jinja: a compiled template's source, one piece of Jinja a line, so that every line has its author's place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.rendering.pieces import Code
from engine.rendering.places import Place

_SIGNS = re.compile(r"\{(?=[{%#])|\{\Z")
_FOR = re.compile(r"for\s+(\w+)\s+in\s+(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Flat:
    """A template's source and what stands on each of its lines that holds Jinja."""

    source: str
    lines: Mapping[int, Code] = field(default_factory=dict)

    def place(self, line: int, otherwise: Place) -> Place:
        """Return the author's place of a line."""
        return self.lines[line].place if line in self.lines else otherwise


class FlatWriter:
    """Writes a flat template piece by piece."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._written: list[str] = []
        self._line = 1
        self._lines: dict[int, Code] = {}

    def text(self, text: str) -> None:
        """Write text that Jinja must not take for its own."""
        self._text.append(text)

    def code(self, code: Code, before: str = "", after: str = "") -> None:
        """Write one piece of Jinja, on a line of its own."""
        self._text.append(before)
        self._flush()
        opening, inner, closing = _signs(code)
        self._written.append(f"{opening}\n{inner} {closing}")
        self._line += 1
        self._lines[self._line] = code
        self._text.append(after)

    def done(self) -> Flat:
        """Return the template."""
        self._flush()
        return Flat(source="".join(self._written), lines=self._lines)

    def _flush(self) -> None:
        text = "".join(self._text)
        self._line += text.count("\n")
        self._written.append(_SIGNS.sub("{{ '{' }}", text))
        self._text = []


def _signs(code: Code) -> tuple[str, str, str]:
    if code.kind == "print":
        inner = f"({code.code}) | _{code.role}" if code.role else code.code
        return "{{", inner, "}}"
    if match := _FOR.fullmatch(code.code):
        return "{%", f"for {match[1]} in ({match[2]}) | _items", "%}"
    return "{%", code.code, "%}"
