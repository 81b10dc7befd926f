"""Bodies in MJML: whole pages, sections or content of a column, with parts called on lines of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.errors import Problem
from engine.rendering.codes import CODES
from engine.rendering.composer import Composer
from engine.rendering.markdown import Block, Markdown, call_of
from engine.rendering.mjml import around
from engine.rendering.mjml_lint import lint_mjml
from engine.rendering.places import Place, Source

_ELEMENT = re.compile(r"<(mj[\w-]*)|^[ \t]*:::[ \t]*([\w-]+)", re.MULTILINE)
_PAGE = frozenset({"mj-section", "mj-wrapper", "mj-hero"})
_PAGE_LEVEL = frozenset({"mj-body"})
_COLUMN_LEVEL = frozenset({"mj-column", "mj-hero"})


@dataclass(frozen=True, kw_only=True)
class MjmlBody:
    """The MJML of an email from a place on; `sections` are the parts of that level."""

    source: Source
    start: int
    sections: frozenset[str] = frozenset()

    @property
    def root(self) -> str:
        """The element it will stand in: none for a whole page, `mj-body` for sections, else `mj-column`."""
        found = (match for match in _ELEMENT.finditer(self.source.text, self.start) if match[1] != "mj-raw")
        first = next(found, None)
        if first is None:
            return "mj-column"
        if first[1] == "mjml":
            return ""
        return "mj-body" if first[1] in _PAGE or first[2] in self.sections else "mj-column"

    def lint(self, markdown: Markdown) -> tuple[Problem, ...]:
        """Return what is wrong with it as MJML; the lines of parts are not MJML."""
        body = self.source.text[self.start :]
        for start, end in reversed(list(calls(body, markdown))):
            body = body[:start] + re.sub(r"[^\n]", " ", body[start:end]) + body[end:]
        return lint_mjml(Source(self.source.path, self.source.text[: self.start] + body), self.start, self.root)

    def place_of(self, block: Block, *words: str) -> Place:
        """Return where the first of some words stands on the line that calls a part."""
        name = block.opening.meta["name"] if block.kind == "part" else ""
        call = re.compile(rf"^[ \t]*:::[ \t]*{re.escape(name)}.*$", re.MULTILINE).search(self.source.text, self.start)
        if call is None:
            return self.source.place(self.start)
        found = (call[0].find(word) for word in words)
        return self.source.place(call.start() + next((column for column in found if column >= 0), 0))


def calls(text: str, markdown: Markdown) -> Iterator[tuple[int, int]]:
    """Yield where parts are called: from the start of a line to the end of that line, or of the part's last."""
    depth, opened, position = 0, 0, 0
    for line in text.splitlines(keepends=True):
        call = call_of(line.strip())
        if call is not None:
            opened = opened if depth else position
            depth += 1 if call in markdown.bodies else -1 if not call and depth else 0
            if depth == 0:
                yield opened, position + len(line)
        position += len(line)
    if depth:
        yield opened, len(text)


def with_parts(mjml: str, markdown: Markdown, composer: Composer, body: MjmlBody) -> str:
    """Return marked MJML in which calls of parts are the parts' own MJML."""
    written: list[str] = []
    position = 0
    for start, end in calls(mjml, markdown):
        blocks = markdown.read("\n".join(line.strip() for line in mjml[start:end].split("\n")))
        stands = around(mjml, start) or body.root
        composer.problems.extend(_misplaced(blocks, stands, body))
        written += [mjml[position:start], *(item.mjml for item in composer.items(blocks))]
        position = end
    return "".join([*written, mjml[position:]])


def _misplaced(blocks: Sequence[Block], stands: str, body: MjmlBody) -> Iterator[Problem]:
    for block in blocks:
        name = block.opening.meta["name"] if block.kind == "part" else ""
        if name and stands not in (_PAGE_LEVEL if name in body.sections else _COLUMN_LEVEL):
            yield CODES["T307"].at(body.place_of(block, name), name=name, where=f"in `{stands}`")
