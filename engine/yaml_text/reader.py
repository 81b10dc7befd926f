"""Reads a YAML 1.2 text into a tree of nodes with places, or says in plain words what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from engine.errors import Problem
from engine.yaml_text.codes import YAML_CODES
from engine.yaml_text.nodes import Entry, MapNode, Node, Scalar, SequenceNode
from engine.yaml_text.syntax import in_plain_words, missing_space

MAX_DEPTH = 20
MAX_SIZE = 256 * 1024
MAX_NODES = 20_000
"""What takes about two seconds to read; a rule has some fifty."""
_REFUSED_CHARACTER = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]")
"""Controls, halves of pairs, and marks that YAML takes for line ends but editors do not."""


_OPENS_TABLE = re.compile(r":[{\[]")


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a text holds: its tree (None where it is empty or broken) and its problems."""

    node: Node | None
    problems: tuple[Problem, ...]


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def read(text: str, *, path: str, line: int = 1) -> Read:
    """Read a YAML text; `line` is the number of its first line in the file (front matter does not start at 1).

    Never raises for content: what is wrong comes back as problems, duplicate keys all at once.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        _refuse_size_and_characters(text, path, line)
        return _Builder(path, line).build(text)
    except _RefusedError as refused:
        return Read(node=None, problems=(refused.problem,))
    except MarkedYAMLError as error:
        return Read(node=None, problems=(in_plain_words(error, text, path, line),))
    except (ValueError, OverflowError):  # an escape such as "\\UFFFFFFFF", which names no character
        return Read(node=None, problems=(_unreadable(text, path, line),))


def _refuse_size_and_characters(text: str, path: str, line: int) -> None:
    start = Problem(path=path, line=line, code="", message="")
    if len(text) > MAX_SIZE or len(text.encode(errors="replace")) > MAX_SIZE:
        raise _RefusedError(YAML_CODES["E110"].at(start, most=MAX_SIZE // 1024))
    if match := _REFUSED_CHARACTER.search(text):
        before = text[: match.start()]
        row, column = line + before.count("\n"), match.start() - before.rfind("\n")
        place = Problem(path=path, line=row, column=column, code="", message="")
        raise _RefusedError(YAML_CODES["E111"].at(place, number=f"{ord(match[0]):04X}"))


def _unreadable(text: str, path: str, line: int) -> Problem:
    before, escape, _ = text.partition("\\U")
    row = line + before.count("\n") if escape else line
    place = Problem(path=path, line=row, code="", message="")
    return YAML_CODES["E101"].at(place, what="an escape names no character", hint="write the character itself")


class _Builder:
    """Builds nodes from the events of the YAML parser, so that nothing is built of what is refused."""

    def __init__(self, path: str, first: int) -> None:
        self._path = path
        self._first = first
        self._problems: list[Problem] = []

    def build(self, text: str) -> Read:
        events = self._checked(YAML(typ="safe", pure=True).parse(text))
        node = None
        for event in events:
            if isinstance(event, ScalarEvent | CollectionStartEvent):
                node = self._node(event, events, 1)
        return Read(node=node, problems=tuple(sorted(self._problems)))

    def _checked(self, events: Iterator[Event]) -> Iterator[Event]:
        documents = 0
        for number, event in enumerate(events):
            documents += isinstance(event, DocumentStartEvent)
            if number > MAX_NODES:
                raise _RefusedError(YAML_CODES["E113"].at(self._problem(event), most=MAX_NODES))
            if what := _refused(event, documents):
                raise _RefusedError(YAML_CODES["E108"].at(self._problem(event), what=what))
            yield event

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if depth > MAX_DEPTH:
            raise _RefusedError(YAML_CODES["E109"].at(self._problem(event), most=MAX_DEPTH))
        if isinstance(event, MappingStartEvent):
            return self._map(event, events, depth)
        items = tuple(self._children(events, depth))
        place = self._problem(event)
        return SequenceNode(items=items, path=place.path, line=place.line, column=place.column)

    def _children(self, events: Iterator[Event], depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, CollectionEndEvent):
                return
            yield self._node(event, events, depth + 1)

    def _map(self, event: Event, events: Iterator[Event], depth: int) -> MapNode:
        children = list(self._children(events, depth))
        entries: dict[str, Entry] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if self._sound(key, value, entries):
                assert isinstance(key, Scalar)
                entries[key.text] = Entry(key=key, value=value)
        place = self._problem(event)
        return MapNode(entries=tuple(entries.values()), path=place.path, line=place.line, column=place.column)

    def _sound(self, key: Node, value: Node, entries: dict[str, Entry]) -> bool:
        if not isinstance(key, Scalar):
            self._problems.append(YAML_CODES["E112"].at(key))
            return False
        nothing = isinstance(value, Scalar) and value.empty
        if (missing := missing_space(key)) and (nothing or _OPENS_TABLE.search(key.text)):
            self._problems.append(missing)
            return False
        if key.text in entries:
            first = entries[key.text].key.line
            self._problems.append(YAML_CODES["E107"].at(key, key=key.text, line=first))
            return False
        return True

    def _scalar(self, event: ScalarEvent) -> Scalar:
        place = self._problem(event)
        plain = event.style is None
        if not plain and (match := _REFUSED_CHARACTER.search(event.value)):
            raise _RefusedError(YAML_CODES["E111"].at(place, number=f"{ord(match[0]):04X}"))
        return Scalar(text=event.value, plain=plain, path=place.path, line=place.line, column=place.column)

    def _problem(self, event: Event) -> Problem:
        mark = event.start_mark
        return Problem(path=self._path, line=self._first + mark.line, column=mark.column + 1, code="", message="")


def _refused(event: Event, documents: int) -> str:
    if isinstance(event, DocumentStartEvent) and (documents > 1 or event.version or event.tags):
        return "several documents in one file" if documents > 1 else "directives (`%`)"
    if isinstance(event, AliasEvent):
        return "aliases (`*`)"
    if getattr(event, "anchor", None):
        return "anchors (`&`)"
    return "tags (`!`)" if getattr(event, "tag", None) else ""
