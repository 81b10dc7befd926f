"""MJML around marks: where a place stands, where statements may stand, and how a body fills a layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

HTML_INSIDE = frozenset(
    {
        "mj-text", "mj-button", "mj-table", "mj-raw", "mj-social-element", "mj-navbar-link", "mj-accordion-title",
        "mj-accordion-text", "mj-title", "mj-preview", "mj-style",
    }
)  # fmt: skip
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
AS_TEXT = frozenset({"mj-title", "mj-preview", "mj-style"})
STATEMENTS_BETWEEN = frozenset({"mj-body", "mj-column", "mj-hero"})
_TOKEN = re.compile(
    r"(?P<comment><!--.*?-->)|<(?P<end>/)?(?P<name>[A-Za-z][\w:-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/)?>",
    re.DOTALL,
)
Where = Literal["elements", "html", "text", "comment", "tag"]


def raw(marks: str) -> str:
    """Return statements as an MJML element that leaves nothing but a comment."""
    return f"<mj-raw><!--{marks.strip()}--></mj-raw>"


@dataclass(frozen=True, kw_only=True)
class Tag:
    """An opening tag: its name and where it starts and ends."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of MJML: what it is, and the elements it stands in."""

    where: Where
    text: str
    start: int
    parents: tuple[Tag, ...]

    @property
    def parent(self) -> str:
        """The innermost MJML element around it."""
        return self.parents[-1].name if self.parents else ""


def stretches(mjml: str) -> Iterator[Stretch]:
    """Yield MJML stretch by stretch; inside elements that hold HTML only MJML's own tags count as elements."""
    stack: list[Tag] = []
    position = 0
    for match in _TOKEN.finditer(mjml):
        if match.start() > position:
            yield _between(mjml[position : match.start()], position, stack)
        position = match.end()
        yield Stretch(
            where="comment" if match["comment"] else "tag", text=match[0], start=match.start(), parents=tuple(stack)
        )
        if not match["comment"]:
            _step(stack, match)
    if position < len(mjml):
        yield _between(mjml[position:], position, stack)


def _between(text: str, start: int, stack: Sequence[Tag]) -> Stretch:
    parent = stack[-1].name if stack else ""
    where: Where = "text" if parent in AS_TEXT else "html" if parent in HTML_INSIDE else "elements"
    return Stretch(where=where, text=text, start=start, parents=tuple(stack))


def _step(stack: list[Tag], match: re.Match[str]) -> None:
    name = match["name"]
    if not name.startswith("mj") or (stack and stack[-1].name in HTML_INSIDE and name != stack[-1].name):
        return
    if match["end"]:
        if any(tag.name == name for tag in stack):
            while stack.pop().name != name:
                pass
    elif not match["empty"]:
        stack.append(Tag(name=name, start=match.start(), end=match.end()))


def around(mjml: str, offset: int) -> str:
    """Return the innermost MJML element around a place; nothing at the top."""
    for stretch in stretches(mjml):
        if stretch.start <= offset < stretch.start + len(stretch.text):
            return stretch.parent
    return ""
