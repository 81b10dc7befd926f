"""MJML as its author wrote it, held against MJML's own rules; MRML itself never complains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import Problem, did_you_mean
from engine.rendering.codes import CODES
from engine.rendering.elements import ELEMENTS
from engine.rendering.mjml import HTML_INSIDE, VOID
from engine.rendering.places import Place, Source

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BODY = re.compile(r"\{\{\s*body\s*\}\}")
_TOKEN = re.compile(
    r"<!--.*?-->|<(?P<end>/)?(?P<name>[A-Za-z][\w:-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/)?>|(?P<stray><)",
    re.DOTALL,
)
_UNQUOTED = 'an attribute is not written as `name="value"`'
_ATTRIBUTE = re.compile(r"(?P<name>[\w:.@-]+)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*')")


def lint_mjml(source: Source, start: int, root: str) -> tuple[Problem, ...]:
    """Return what is wrong with the MJML of a file from a place on; `root` is the element it will stand in."""
    return _Reader(source, start, root).read()


@dataclass
class _Open:
    name: str
    start: int


@dataclass
class _Reader:
    source: Source
    start: int
    root: str
    stack: list[_Open] = field(default_factory=list)
    inner: list[_Open] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> tuple[Problem, ...]:
        text = _BODY.sub(_blank, self.source.text[self.start :])
        text = _JINJA.sub(_blank, text)
        position = 0
        for match in _TOKEN.finditer(text):
            self._text(text[position : match.start()], position)
            position = match.end()
            self._token(match)
        self._text(text[position:], position)
        self.problems.extend(
            CODES["T504"].at(self._place(left.start), name=left.name) for left in (*self.stack, *self.inner)
        )
        return tuple(self.problems)

    def _place(self, offset: int) -> Place:
        return self.source.place(self.start + offset)

    @property
    def _parent(self) -> str:
        return self.stack[-1].name if self.stack else self.root

    def _text(self, text: str, position: int) -> None:
        if text.strip() and self._parent not in HTML_INSIDE:
            shift = len(text) - len(text.lstrip())
            self.problems.append(CODES["T508"].at(self._place(position + shift), parent=self._parent or "the file"))

    def _token(self, match: re.Match[str]) -> None:
        name = match["name"] or ""
        if self._parent in HTML_INSIDE and not (match["end"] and name == self._parent):
            self._html(match)
        elif match["stray"]:
            self._stray(match)
        elif match["end"]:
            self._end(name, match.start())
        elif name:
            self._open(match, name)

    def _html(self, match: re.Match[str]) -> None:
        """Read HTML inside an element: MRML wants every element closed and every value in quotes."""
        name = (match["name"] or "").lower()
        if self._parent == "mj-style" or not (name or match["stray"]):
            return
        if match["stray"]:
            self._stray(match)
        elif match["end"]:
            self._close(self.inner, match["name"], match.start())
        elif name.startswith("mj"):
            self.problems.append(CODES["T503"].at(self._place(match.start()), name=name, parent=self._parent))
        else:
            self._html_element(match, name)

    def _html_element(self, match: re.Match[str], name: str) -> None:
        left = _ATTRIBUTE.sub(lambda found: " " * len(found[0]), match["rest"])
        if "=" in left:
            place = self._place(match.start("rest") + len(left) - len(left.lstrip()))
            self.problems.append(CODES["T506"].at(place, what=_UNQUOTED))
        if name == "img":
            self._picture(match, ("alt", "width"))
        if name not in VOID and not match["empty"]:
            self.inner.append(_Open(match["name"], match.start()))

    def _stray(self, match: re.Match[str]) -> None:
        hint = "write `&lt;` for the sign itself" if self._parent in HTML_INSIDE else ""
        place = self._place(match.start())
        self.problems.append(CODES["T506"].at(place, what="this `<` opens no element", hint=hint))

    def _picture(self, match: re.Match[str], needed: tuple[str, ...]) -> None:
        there = {attribute["name"] for attribute in _ATTRIBUTE.finditer(match["rest"])}
        for name in needed:
            if name not in there:
                self.problems.append(CODES["T601"].at(self._place(match.start()), attribute=name))

    def _end(self, name: str, start: int) -> None:
        self.problems.extend(CODES["T504"].at(self._place(left.start), name=left.name) for left in self.inner)
        self.inner.clear()
        self._close(self.stack, name, start)

    def _close(self, stack: list[_Open], name: str, start: int) -> None:
        if all(opened.name != name for opened in stack):
            self.problems.append(CODES["T505"].at(self._place(start), name=name))
            return
        while (opened := stack.pop()).name != name:
            self.problems.append(CODES["T504"].at(self._place(opened.start), name=opened.name))

    def _open(self, match: re.Match[str], name: str) -> None:
        place = self._place(match.start())
        element = ELEMENTS.get(name)
        if element is None:
            hint = did_you_mean(name, ELEMENTS)
            self.problems.append(CODES["T501"].at(place, name=name, hint=hint))
        elif (
            self._parent not in element.parents and self._parent in (*ELEMENTS, "") and self._parent != "mj-attributes"
        ):
            self.problems.append(CODES["T503"].at(place, name=name, parent=self._parent or "the file"))
        self.problems.extend(self._attributes(match, name))
        if name == "mj-image":
            self._picture(match, ("alt",))
        if not match["empty"]:
            self.stack.append(_Open(name, match.start()))

    def _attributes(self, match: re.Match[str], name: str) -> Iterator[Problem]:
        known = ELEMENTS[name].attributes if name in ELEMENTS else None
        start = match.start("rest")
        for attribute in _ATTRIBUTE.finditer(match["rest"]):
            written = attribute["name"]
            if known is not None and written not in known:
                place, hint = self._place(start + attribute.start()), did_you_mean(written, known)
                yield CODES["T502"].at(place, element=name, name=written, hint=hint)
        left = _ATTRIBUTE.sub(lambda found: " " * len(found[0]), match["rest"])
        if left.strip():
            shift = len(left) - len(left.lstrip())
            yield CODES["T506"].at(self._place(start + shift), what=_UNQUOTED)


def _blank(match: re.Match[str]) -> str:
    """Return a stand-in of the same size: a value for what is printed, blanks for the rest."""
    filler = "x" if match[0].startswith("{{") and not _BODY.fullmatch(match[0]) else " "
    return "".join("\n" if sign == "\n" else filler for sign in match[0])
