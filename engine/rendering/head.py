"""The head of a file: YAML between two lines `---`, and templated texts in it that keep their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.errors import Problem, did_you_mean
from engine.rendering.codes import CODES
from engine.rendering.pieces import take_apart
from engine.rendering.places import Place, Source
from engine.rendering.statements import Nested, nest
from engine.yaml_text import MapNode, Scalar, read

FENCE = "---"


@dataclass(frozen=True, kw_only=True)
class Head:
    """A file's head and where its body begins; the node is None where there is no usable head."""

    node: MapNode | None
    body: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Templated:
    """A text with Jinja, nested, and what is wrong with it."""

    inside: tuple[Nested, ...]
    problems: tuple[Problem, ...] = ()


def read_head(source: Source) -> Head:
    """Read the head of a file; a missing or broken one is a problem, and the body is what follows it."""
    lines = source.text.split("\n")
    if lines[0].rstrip() != FENCE:
        return Head(node=None, body=0, problems=(CODES["T101"].at(source.place(0)),))
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        return Head(node=None, body=len(source.text), problems=(CODES["T102"].at(source.place(0)),))
    found = read("\n".join(lines[1:end]) + "\n", path=source.path, line=2)
    body = min(sum(len(line) + 1 for line in lines[: end + 1]), len(source.text))
    if found.node is None and not found.problems:
        return Head(node=MapNode(entries=(), path=source.path, line=1, column=1), body=body)
    if found.problems or not isinstance(found.node, MapNode):
        problems = found.problems or (CODES["T105"].at(source.place(0), key="head", what="a table of `key: value`"),)
        return Head(node=None, body=body, problems=problems)
    return Head(node=found.node, body=body)


def unknown_keys(node: MapNode, known: Iterable[str], what: str) -> Iterable[Problem]:
    """Yield a problem for each key that does not belong into a table."""
    known = tuple(known)
    for entry in node:
        if entry.key.text not in known:
            yield CODES["T103"].at(entry.key, key=entry.key.text, what=what, hint=did_you_mean(entry.key.text, known))


def templated(source: Source, start: int = 0, end: int | None = None) -> Templated:
    """Return a stretch of a file as nested pieces."""
    taken = take_apart(source.text[start:end], lambda offset: source.place(start + offset))
    nested = nest(taken.pieces)
    return Templated(inside=nested.inside, problems=taken.problems + nested.problems)


def templated_scalar(source: Source, scalar: Scalar) -> Templated:
    """Return a text of a head or of a YAML file as nested pieces."""
    taken = take_apart(scalar.text, _places(source, scalar))
    nested = nest(taken.pieces)
    return Templated(inside=nested.inside, problems=taken.problems + nested.problems)


def _places(source: Source, scalar: Scalar) -> Callable[[int], Place]:
    """Return what finds a character of a YAML text in its file, by looking for each of its lines."""
    cursor = source.offset(scalar.line, scalar.column)
    starts: list[tuple[int, int]] = []
    position = 0
    for line in scalar.text.split("\n"):
        found = source.text.find(line, cursor) if line.strip() else -1
        if found >= 0:
            starts.append((position, found))
            cursor = found + len(line)
        position += len(line) + 1

    def place(offset: int) -> Place:
        before = [pair for pair in starts if pair[0] <= offset]
        if not before:
            return Place(path=scalar.path, line=scalar.line, column=scalar.column)
        return source.place(before[-1][1] + offset - before[-1][0])

    return place
