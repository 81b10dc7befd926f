"""Markdown with two rules of our own: a line of statements alone, and a part `::: name …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from engine.rendering.marks import Marks

_FENCE = re.compile(r":{3,}[ \t]*(?P<name>[A-Za-z0-9_-]*)[ \t]*(?P<arguments>.*)")
_ENDS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


@dataclass
class Block:
    """One element of a Markdown text: its tokens and, between them, its children."""

    kind: str
    opening: Token
    closing: Token | None = None
    children: list[Block] = field(default_factory=list)

    @property
    def first_line(self) -> int:
        """Its first line in the text, from 0."""
        return self.opening.map[0] if self.opening.map else 0


class Markdown:
    """Reads and writes Markdown in which marks stand for Jinja."""

    def __init__(self, marks: Marks, parts_with_body: frozenset[str]) -> None:
        self.marks = marks
        self.bodies = parts_with_body
        self._reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        self._reader.disable(["code", "html_block", "html_inline"])
        ruler = self._reader.block.ruler
        ruler.before("table", "part", self._part, _ENDS)
        ruler.before("table", "statement", self._statement, _ENDS)
        for kind, rule in (("statement", _statement_html), ("part_open", _nothing), ("part_close", _nothing)):
            self._reader.add_render_rule(kind, rule)

    def read(self, text: str) -> list[Block]:
        """Return the blocks of a marked text."""
        return _tree(self._reader.parse(text, {}))

    def html(self, blocks: Sequence[Block]) -> str:
        """Return blocks as HTML, marks as they are, statements between elements as comments."""
        written = self._reader.renderer.render(_tokens(blocks), self._reader.options, {})
        assert isinstance(written, str)
        return written

    def inline_html(self, blocks: Sequence[Block]) -> str:
        """Return blocks as HTML; a single paragraph without its `<p>`."""
        if len(blocks) == 1 and blocks[0].kind == "paragraph":
            return self.html(blocks[0].children)
        return self.html(blocks)

    def _statement(self, state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001 (markdown-it's)
        line = _line(state, start)
        if state.parentType == "table" or not self.marks.statements.fullmatch(line):
            return False
        if not silent:
            token = state.push("statement", "", 0)
            token.content = line.strip()
            token.map = [start, start + 1]
            state.line = start + 1
        return True

    def _part(self, state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 (as above)
        match = _FENCE.fullmatch(_line(state, start).strip())
        if match is None:
            return False
        if silent:
            return True
        close = self._closing(state, start, end) if match["name"] in self.bodies else start
        meta = {**match.groupdict(), "closed": close is not None, "inside": False}
        self._push(state, meta, start, end if close is None else close)
        return True

    def _closing(self, state: StateBlock, start: int, end: int) -> int | None:
        depth = 0
        for line in range(start, end):
            match = _FENCE.fullmatch(_line(state, line).strip())
            if match and not match["name"]:
                depth -= 1
            elif match and match["name"] in self.bodies:
                depth += 1
            if depth == 0:
                return line
        return None

    def _push(self, state: StateBlock, meta: dict[str, Any], start: int, close: int) -> None:
        opening = state.push("part_open", "", 1)
        opening.meta, opening.map = meta, [start, close + 1]
        if close > start:
            around, state.parentType = state.parentType, "root"
            last, state.lineMax = state.lineMax, close
            state.md.block.tokenize(state, start + 1, close)
            state.parentType, state.lineMax = around, last
        state.push("part_close", "", -1)
        state.line = min(close + 1, state.lineMax)


def call_of(line: str) -> str | None:
    """Return the name of the part that a line calls, nothing where it closes one; None where it does neither."""
    match = _FENCE.fullmatch(line)
    return match["name"] if match else None


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _statement_html(_renderer: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    return f"<!--{tokens[index].content}-->"


def _nothing(_renderer: object, *_: object) -> str:
    return ""


def _tree(tokens: Sequence[Token]) -> list[Block]:
    top: list[Block] = []
    stack: list[Block] = []
    for token in tokens:
        if token.nesting < 0:
            stack.pop().closing = token
            continue
        block = Block(kind=token.type.removesuffix("_open"), opening=token)
        (stack[-1].children if stack else top).append(block)
        if token.nesting > 0:
            stack.append(block)
    return top


def _tokens(blocks: Sequence[Block]) -> list[Token]:
    tokens: list[Token] = []
    for block in blocks:
        tokens.append(block.opening)
        tokens.extend(_tokens(block.children))
        if block.closing is not None:
            tokens.append(block.closing)
    return tokens
