"""Parts, layouts and words as their files say, before any email uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.head import Head, Templated, read_head, templated, templated_scalar, unknown_keys
from engine.rendering.locales import canonical, is_language
from engine.rendering.parameters import PARAMETERS, Parameter, mismatch
from engine.rendering.places import Place, Source, read_source
from engine.rendering.progress import Begin, quietly
from engine.rendering.statements import Nested, prints
from engine.yaml_text import MapNode, Node, Scalar, SequenceNode, read

ROOT = "templates/"
PART_KEYS = {
    "parameters": "name → type, or name → `{type: …, default: …, of: […]}`",
    "text": "required: how the part reads in the text part; Jinja",
    "level": "`column` (the default) or `section`",
    "body": "`none` (the default), `markdown` or `list`",
    "description": "for colleagues",
}
LAYOUT_KEYS = {"text": "required: the text part; Jinja with `{{ body }}`", "description": "for colleagues"}
RESERVED = frozenset({"brand", "words", "language", "customer", "account", "event", "links", "body", "loop", "item"})
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")
Level = Literal["column", "section"]
BodyKind = Literal["none", "markdown", "list"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of design that emails call in one line."""

    name: str
    source: Source
    start: int
    mjml: tuple[Nested, ...]
    text: tuple[Nested, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    level: Level = "column"
    body: BodyKind = "none"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The page around a body."""

    name: str
    source: Source
    start: int
    mjml: tuple[Nested, ...]
    text: tuple[Nested, ...]

    @property
    def place(self) -> Place:
        """Where its MJML begins."""
        return self.source.place(self.start)


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """All parts, layouts and words (by language), and what is wrong with their files."""

    parts: Mapping[str, Part]
    layouts: Mapping[str, Layout]
    words: Mapping[str, Mapping[str, tuple[Nested, ...]]]
    broken: frozenset[str]
    problems: tuple[Problem, ...]


def read_definitions(files: Mapping[str, str], begin: Begin = quietly) -> Definitions:
    """Read every part, layout and language of words; what is broken is left out and named."""
    problems: list[Problem] = []
    parts = {part.name: part for part in _each(files, "parts", ".mjml", _part, problems, begin=begin)}
    layouts = {layout.name: layout for layout in _each(files, "layouts", ".mjml", _layout, problems, begin=begin)}
    words: dict[str, Mapping[str, tuple[Nested, ...]]] = dict(
        _each(files, "words", ".yaml", _words, problems, begin=begin)
    )
    there = {path.rpartition("/")[2].partition(".")[0] for path in files if path.startswith(f"{ROOT}parts/")}
    return Definitions(
        parts=parts, layouts=layouts, words=words, broken=frozenset(there - parts.keys()), problems=tuple(problems)
    )


_T = TypeVar("_T")


def _each(
    files: Mapping[str, str],
    folder: str,
    suffix: str,
    build: Callable[[str, Source, list[Problem]], _T | None],
    problems: list[Problem],
    *,
    begin: Begin,
) -> Iterator[_T]:
    for path in sorted(files):
        if path.startswith(f"{ROOT}{folder}/") and path.endswith(suffix):
            name = path.removeprefix(f"{ROOT}{folder}/").removesuffix(suffix)
            begin(path)
            built = build(name, read_source(path, files[path]), problems)
            if built is not None:
                yield built


def _part(name: str, source: Source, problems: list[Problem]) -> Part | None:
    head = read_head(source)
    problems.extend(head.problems)
    if not _NAME.fullmatch(name):
        problems.append(CODES["T106"].at(source.place(0), name=name, what="a part"))
        return None
    if head.node is None:
        return None
    problems.extend(unknown_keys(head.node, PART_KEYS, "a part's head"))
    text, mjml = _texts(head, source, "a part's head", problems)
    level = _choice(head.node, "level", ("column", "section"), problems)
    body = _choice(head.node, "body", ("none", "markdown", "list"), problems)
    parameters = {row.name: row for row in _parameters(head.node.get("parameters"), problems)}
    for inside, where in ((mjml, "its MJML"), (text, "its `text`")) if body != "none" else ():
        if not prints(inside, "body"):
            what = f"takes a body, but {where} does not print it"
            problems.append(CODES["T309"].at(source.place(0), name=name, what=what))
    return Part(
        name=name, source=source, start=head.body, mjml=mjml, text=text, parameters=parameters,
        level="section" if level == "section" else "column",
        body="list" if body == "list" else "markdown" if body == "markdown" else "none",
    )  # fmt: skip


def _layout(name: str, source: Source, problems: list[Problem]) -> Layout | None:
    head = read_head(source)
    problems.extend(head.problems)
    if head.node is None:
        return None
    problems.extend(unknown_keys(head.node, LAYOUT_KEYS, "a layout's head"))
    text, mjml = _texts(head, source, "a layout's head", problems)
    if not prints(text, "body"):
        problems.append(
            CODES["T311"].at(head.node.get("text") or source.place(0), name="body", what="not in its `text`")
        )
    return Layout(name=name, source=source, start=head.body, mjml=mjml, text=text)


def _texts(
    head: Head, source: Source, what: str, problems: list[Problem]
) -> tuple[tuple[Nested, ...], tuple[Nested, ...]]:
    assert head.node is not None
    node = head.node.get("text")
    if not isinstance(node, Scalar):
        problems.append(CODES["T104"].at(node or head.node, key="text", what=what))
        text = Templated(inside=())
    else:
        text = templated_scalar(source, node)
    mjml = templated(source, head.body)
    problems.extend(text.problems + mjml.problems)
    return text.inside, mjml.inside


def _choice(node: MapNode, key: str, of: tuple[str, ...], problems: list[Problem]) -> str:
    value = node.get(key)
    if value is None:
        return of[0]
    if isinstance(value, Scalar) and value.text in of:
        return value.text
    problems.append(CODES["T105"].at(value, key=key, what=_one_of(of)))
    return of[0]


def _one_of(words: Iterable[str]) -> str:
    return "one of " + ", ".join(f"`{word}`" for word in words)


def _parameters(node: Node | None, problems: list[Problem]) -> Iterator[Parameter]:
    if node is None:
        return
    if not isinstance(node, MapNode):
        problems.append(CODES["T105"].at(node, key="parameters", what="a table of name and type"))
        return
    for entry in node:
        name = entry.key.text
        if not _PARAMETER.fullmatch(name) or name in RESERVED:
            problems.append(CODES["T106"].at(entry.key, name=name, what="a parameter"))
        else:
            yield from _parameter(name, entry.value, problems)


def _parameter(name: str, node: Node, problems: list[Problem]) -> Iterator[Parameter]:
    type_ = node.get("type") if isinstance(node, MapNode) else node
    if not isinstance(type_, Scalar) or type_.text not in PARAMETERS:
        problems.append(CODES["T105"].at(type_ or node, key=name, what=_one_of(PARAMETERS)))
        return
    default = node.get("default") if isinstance(node, MapNode) else None
    of = node.get("of") if isinstance(node, MapNode) else None
    words = tuple(item.text for item in of if isinstance(item, Scalar)) if isinstance(of, SequenceNode) else ()
    if (type_.text == "choice") != bool(words):
        problems.append(CODES["T105"].at(node, key=name, what="a choice with its words: `{type: choice, of: [a, b]}`"))
    if isinstance(node, MapNode):
        problems.extend(unknown_keys(node, ("type", "default", "of"), "a parameter"))
    given = default.text if isinstance(default, Scalar) else None
    parameter = Parameter(name=name, type=type_.text, default=given, of=words)
    if given and default is not None and (what := mismatch(parameter, given)):
        problems.append(CODES["T105"].at(default, key="default", what=what))
    yield parameter


def _words(name: str, source: Source, problems: list[Problem]) -> tuple[str, Mapping[str, tuple[Nested, ...]]] | None:
    if canonical(name) != name or not is_language(name):
        problems.append(CODES["T108"].at(source.place(0), language=name))
        return None
    found = read(source.text, path=source.path)
    problems.extend(found.problems)
    if not isinstance(found.node, MapNode):
        return name, {}
    return name, dict(_word_texts(found.node, source, problems))


def _word_texts(node: MapNode, source: Source, problems: list[Problem]) -> Iterator[tuple[str, tuple[Nested, ...]]]:
    for entry in node:
        if not _PARAMETER.fullmatch(entry.key.text) or not isinstance(entry.value, Scalar):
            problems.append(CODES["T105"].at(entry.key, key=entry.key.text, what="a name and its text"))
            continue
        text = templated_scalar(source, entry.value)
        problems.extend(text.problems)
        yield entry.key.text, text.inside
