"""Compiled HTML with marks in it, made into a flat template: each value escaped for the place it stands in."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from jinja2 import nodes

from engine.errors import Problem
from engine.rendering.addresses import address_pieces
from engine.rendering.codes import CODES
from engine.rendering.flat import Flat, FlatWriter
from engine.rendering.grammar import ENVIRONMENT
from engine.rendering.links import Tracking
from engine.rendering.marks import Marks
from engine.rendering.mjml import VOID
from engine.rendering.pieces import Code

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)-->|<(?P<end>/)?(?P<name>[A-Za-z][\w:-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w:@.-]+)\s*=\s*\"(?P<value>[^\"]*)\"")
_RAW_TEXT = frozenset({"style", "script", "title"})
_LINKS = frozenset({"href", "action"})
_PICTURES = frozenset({"src", "background"})
_KEPT = frozenset({"default", "upper", "lower", "capitalize", "truncate"})
_NOT_FACTS = frozenset({"brand", "links", "loop", "language"})


@dataclass(frozen=True, kw_only=True)
class _Where:
    element: int
    attribute: int | None = None


@dataclass
class _State:
    elements: list[tuple[str, int]] = field(default_factory=lambda: [("", 0)])
    count: int = 0
    statements: list[tuple[Code, _Where]] = field(default_factory=list)


class HtmlFlattener:
    """Flattens one mail's marked HTML."""

    def __init__(self, marks: Marks, tracking: Tracking) -> None:
        self._marks = marks
        self._tracking = tracking
        self._out = FlatWriter()
        self._state = _State()
        self.problems: list[Problem] = []
        self.found: set[Code] = set()

    def flatten(self, document: str) -> Flat:
        """Return the flat template; statements that cross elements are problems."""
        position = 0
        for match in _TOKEN.finditer(document):
            self._text(document[position : match.start()])
            position = match.end()
            if match["comment"] is not None:
                self._comment(match["comment"])
            else:
                self._tag(match)
        self._text(document[position:])
        return self._out.done()

    def _text(self, text: str) -> None:
        name = self._state.elements[-1][0]
        for part in self._marks.split(text):
            if isinstance(part, str):
                self._out.text(part)
            elif isinstance(part, Code):
                if name in {"style", "script"}:
                    self._refuse(part, f"a `{name}` block")
                self._content(part, isolated=name not in _RAW_TEXT)

    def _content(self, code: Code, *, isolated: bool) -> None:
        if code.kind == "statement":
            self._statement(code, _Where(element=self._state.elements[-1][1]))
        elif isolated and _is_fact(code):
            self._code(code, "<bdi>", "</bdi>")
        else:
            self._code(code)

    def _comment(self, comment: str) -> None:
        if self._marks.statements.fullmatch(comment):
            for code in self._marks.codes(comment):
                self._statement(code, _Where(element=self._state.elements[-1][1]))
            return
        self._out.text("<!--")
        position = 0
        for match in _ATTRIBUTE.finditer(comment):
            self._plain(comment[position : match.start()])
            self._attribute(match)
            position = match.end()
        self._plain(comment[position:])
        self._out.text("-->")

    def _plain(self, text: str) -> None:
        for part in self._marks.split(text):
            if isinstance(part, str):
                self._out.text(part)
            elif isinstance(part, Code):
                self._content(part, isolated=False)

    def _tag(self, match: re.Match[str]) -> None:
        name = match["name"].lower()
        if match["end"]:
            self._close(name)
        self._out.text(f"<{match['end'] or ''}{match['name']}")
        position = 0
        for attribute in _ATTRIBUTE.finditer(match["rest"]):
            self._plain(match["rest"][position : attribute.start()])
            self._attribute(attribute)
            position = attribute.end()
        self._plain(match["rest"][position:])
        self._out.text(">")
        if not match["end"] and name not in VOID and not match["rest"].endswith("/"):
            self._state.count += 1
            self._state.elements.append((name, self._state.count))

    def _close(self, name: str) -> None:
        if any(element == name for element, _ in self._state.elements):
            while self._state.elements.pop()[0] != name:
                pass

    def _attribute(self, match: re.Match[str]) -> None:
        name, value = match["name"].lower(), match["value"]
        self._state.count += 1
        where = _Where(element=self._state.elements[-1][1], attribute=self._state.count)
        self._out.text(f'{match["name"]}="')
        written = self._address if name in _LINKS | _PICTURES else self._value
        written(name, value, where)
        self._out.text('"')

    def _value(self, name: str, value: str, where: _Where) -> None:
        for part in self._marks.split(value):
            if isinstance(part, str):
                self._out.text(part)
            elif isinstance(part, Code):
                if name == "style":
                    self._refuse(part, "`style`")
                self._statement(part, where) if part.kind == "statement" else self._code(part)

    def _address(self, name: str, value: str, where: _Where) -> None:
        tracking = self._tracking if name in _LINKS else None
        for piece in address_pieces(html.unescape(value), self._marks, tracking, self.problems):
            if not isinstance(piece, Code):
                self._out.text(html.escape(piece.text))
            elif piece.kind == "statement":
                self._statement(piece, where)
            else:
                self._code(piece)

    def _code(self, code: Code, before: str = "", after: str = "") -> None:
        self.found.add(code)
        self._out.code(code, before, after)

    def _statement(self, code: Code, where: _Where) -> None:
        opened = self._state.statements
        if code.keyword in {"if", "for"}:
            opened.append((code, where))
        elif not opened:
            self.problems.append(CODES["T205"].at(code.place, what="{% " + code.code + " %}"))
        elif opened[-1][1] != where:
            first = "{% " + opened[-1][0].code + " %}"
            self.problems.append(CODES["T206"].at(code.place, what="{% " + code.code + " %}", first=first))
        if code.keyword in {"endif", "endfor"} and opened:
            opened.pop()
        self._code(code)

    def _refuse(self, code: Code, where: str) -> None:
        self.problems.append(CODES["T313"].at(code.place, name=code.code, where=where))


def _is_fact(code: Code) -> bool:
    """Tell whether what is printed is a fact's own words, which may run in another direction than the mail."""
    output = ENVIRONMENT.parse("{{ " + code.code + " }}").body[0]
    assert isinstance(output, nodes.Output)
    node: nodes.Node = output.nodes[0]
    while isinstance(node, nodes.Filter) and node.name in _KEPT and node.node is not None:
        node = node.node
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node.node, nodes.Name):
            return node.node.name not in _NOT_FACTS
        node = node.node
    return False
