"""Pieces nested as their `if` and `for` statements say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.pieces import Code, Piece

DEEPEST_LOOP = 2


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A statement and the pieces it decides about."""

    opening: Code
    inside: tuple[Nested, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """An `if` with its `elif` and `else`, or a `for`."""

    branches: tuple[Branch, ...]
    closing: Code


Nested = Piece | Statement


@dataclass(frozen=True, kw_only=True)
class Nest:
    """Nested pieces, and statements that open or close nothing."""

    inside: tuple[Nested, ...]
    problems: tuple[Problem, ...]


@dataclass
class _Open:
    openings: list[Code]
    insides: list[list[Nested]]


def nest(pieces: Iterable[Piece]) -> Nest:
    """Nest pieces by their statements; what ends nothing or is never ended is a problem."""
    stack: list[_Open] = []
    current: list[Nested] = []
    top = current
    problems: list[Problem] = []
    for piece in pieces:
        keyword = piece.keyword if isinstance(piece, Code) else ""
        if not isinstance(piece, Code) or not keyword:
            current.append(piece)
        elif keyword in {"if", "for"}:
            problems.extend(_too_deep(stack, piece))
            stack.append(_Open([piece], [current, []]))
            current = stack[-1].insides[-1]
        elif not stack or not _continues(stack[-1], keyword):
            problems.append(CODES["T205"].at(piece.place, what=_shown(piece)))
        elif keyword in {"elif", "else"}:
            stack[-1].openings.append(piece)
            stack[-1].insides.append([])
            current = stack[-1].insides[-1]
        else:
            current = _close(stack.pop(), piece)
    problems.extend(CODES["T204"].at(left.openings[0].place, what=_shown(left.openings[0])) for left in stack)
    return Nest(inside=tuple(top), problems=tuple(problems))


def prints(inside: Iterable[Nested], name: str) -> bool:
    """Tell whether a name is printed or repeated anywhere in nested pieces."""
    return any(name in piece.code.split() for piece in _codes(inside))


def _codes(inside: Iterable[Nested]) -> Iterator[Code]:
    for piece in inside:
        if isinstance(piece, Code):
            yield piece
        elif isinstance(piece, Statement):
            for branch in piece.branches:
                yield branch.opening
                yield from _codes(branch.inside)


def _continues(opened: _Open, keyword: str) -> bool:
    first, last = opened.openings[0].keyword, opened.openings[-1].keyword
    allowed = {"if": {"elif", "else", "endif"}, "for": {"else", "endfor"}}[first]
    return keyword in allowed and not (last == "else" and keyword in {"elif", "else"})


def _close(opened: _Open, closing: Code) -> list[Nested]:
    branches = tuple(
        Branch(opening=opening, inside=tuple(inside))
        for opening, inside in zip(opened.openings, opened.insides[1:], strict=True)
    )
    opened.insides[0].append(Statement(branches=branches, closing=closing))
    return opened.insides[0]


def _too_deep(stack: list[_Open], piece: Code) -> Iterable[Problem]:
    loops = sum(opened.openings[0].keyword == "for" for opened in stack)
    if piece.keyword == "for" and loops >= DEEPEST_LOOP:
        yield CODES["T207"].at(piece.place, most=DEEPEST_LOOP)


def _shown(code: Code) -> str:
    return "{% " + code.code + " %}"
