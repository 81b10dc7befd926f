"""A templated text taken apart: plain text, and pieces of Jinja that each know where they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from jinja2 import TemplateSyntaxError

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.grammar import ENVIRONMENT, Objection, objections
from engine.rendering.places import Place

Role = Literal["", "link", "encode", "address"]
_EATER = re.compile(r"\{[%{#][-+]|[-+][%}#]\}")
_STATEMENT = re.compile(r"[A-Za-z_]+")
KEYWORDS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A snippet of Jinja as its author wrote it, and where."""

    text: str
    place: Place


@dataclass(frozen=True, kw_only=True)
class Text:
    """Plain text, put in as it stands; `line` is where it begins in its author's file."""

    text: str
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A value known when the template is compiled; it is escaped for where it is put."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """One `{{ … }}` or `{% … %}` without its signs, on one line; the first origin is where it stands."""

    kind: Literal["print", "statement"]
    code: str
    origins: tuple[Origin, ...]
    role: Role = ""

    @property
    def keyword(self) -> str:
        """`if`, `else`, …, or nothing for what is printed."""
        match = _STATEMENT.match(self.code)
        return match[0] if match and self.kind == "statement" else ""

    @property
    def condition(self) -> str:
        """What follows a statement's keyword."""
        return self.code[len(self.keyword) :].strip()

    @property
    def place(self) -> Place:
        """Where it stands in its author's file."""
        return self.origins[0].place

    def place_of(self, word: str) -> Place:
        """Return where a word of it was written, for it may have come in as an argument."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(word)}(?!\w)")
        for origin in self.origins:
            if match := pattern.search(origin.text):
                return _moved(origin, match.start())
        return self.place


Piece = Text | Constant | Code


def _moved(origin: Origin, offset: int) -> Place:
    before = origin.text[:offset]
    if "\n" not in before:
        return Place(path=origin.place.path, line=origin.place.line, column=origin.place.column + offset)
    line = origin.place.line + before.count("\n")
    return Place(path=origin.place.path, line=line, column=offset - before.rfind("\n"))


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A text taken apart, and what is wrong with it."""

    pieces: tuple[Piece, ...]
    problems: tuple[Problem, ...]


def take_apart(text: str, place_at: Callable[[int], Place]) -> Taken:
    """Split a text into plain text and Jinja; `place_at` gives the place of each of its characters.

    What is broken comes back as problems and is left out of the pieces.
    """
    problems = [CODES["T203"].at(place_at(match.start()), what=match[0]) for match in _EATER.finditer(text)]
    text = _EATER.sub(_without_sign, text)
    pieces: list[Piece] = []
    for kind, value, offset in _snippets(text, place_at, problems):
        if kind == "data":
            pieces.append(Text(text=value, line=place_at(offset).line))
        elif code := _code(kind, value, place_at(offset), problems):
            pieces.append(code)
    return Taken(pieces=tuple(pieces), problems=tuple(problems))


def _without_sign(match: re.Match[str]) -> str:
    return match[0].replace("-", " ").replace("+", " ")


def _snippets(text: str, place_at: Callable[[int], Place], problems: list[Problem]) -> Iterator[tuple[str, str, int]]:
    """Yield kind, inner text and offset of each stretch between Jinja's signs."""
    offset = opened = 0
    kind = "data"
    try:
        for _, sign, value in ENVIRONMENT.lexer.tokeniter(text, None):
            if sign in {"variable_begin", "block_begin", "comment_begin", "raw_begin"}:
                kind, opened = sign.partition("_")[0], offset + len(value)
            offset += len(value)
            if sign in {"variable_end", "block_end", "comment_end", "raw_end"}:
                yield kind, text[opened : offset - len(value)], opened
                kind = "data"
            elif sign == "data" and kind == "data":
                yield "data", value, offset - len(value)
        if kind != "data":
            what = f"`{text[opened - 2 : opened]}` is never closed"
            problems.append(CODES["T201"].at(place_at(opened - 2), what=what))
    except TemplateSyntaxError as error:
        at = max(opened - 2, 0) if kind != "data" else offset
        problems.append(CODES["T201"].at(place_at(at), what=_plain_words(error)))


def _code(kind: str, inner: str, place: Place, problems: list[Problem]) -> Code | None:
    if kind == "comment":
        return None
    if kind == "raw":
        problems.append(CODES["T202"].at(place, what="raw"))
        return None
    shift = len(inner) - len(inner.lstrip())
    origin = Origin(text=inner.strip(), place=_moved(Origin(text=inner, place=place), shift))
    role: Literal["print", "statement"] = "print" if kind == "variable" else "statement"
    code = Code(kind=role, code=" ".join(inner.split("\n")).strip(), origins=(origin,))
    found = tuple(_mistakes(code))
    problems.extend(found)
    return None if found else code


def _mistakes(code: Code) -> Iterator[Problem]:
    if code.kind == "statement" and code.keyword not in KEYWORDS:
        yield CODES["T202"].at(code.place, what=code.keyword or code.code[:20])
        return
    verdict = _verdict(_parseable(code))
    if isinstance(verdict, str):
        yield CODES["T201"].at(code.place, what=verdict)
        return
    for objection in verdict:
        place = code.place_of(objection.word) if objection.word else code.place
        yield CODES[objection.code].at(place, hint=objection.hint, **objection.words)


@lru_cache(maxsize=4096)
def _verdict(snippet: str) -> str | tuple[Objection, ...]:
    """Return what is objected to in a snippet, or why it cannot be read."""
    try:
        return tuple(objections(ENVIRONMENT.parse(snippet)))
    except TemplateSyntaxError as error:
        return _plain_words(error)


def _parseable(code: Code) -> str:
    if code.kind == "print":
        return "{{ " + code.code + " }}"
    before, after = _AROUND[code.keyword]
    return before + "{% " + code.code + " %}" + after


_AROUND = {
    "if": ("", "{% endif %}"),
    "elif": ("{% if a %}", "{% endif %}"),
    "else": ("{% if a %}", "{% endif %}"),
    "endif": ("{% if a %}", ""),
    "for": ("", "{% endfor %}"),
    "endfor": ("{% for a in b %}", ""),
}


def _plain_words(error: TemplateSyntaxError) -> str:
    return (error.message or "it cannot be read").rstrip(".").replace("print statement", "`{{ … }}`")
