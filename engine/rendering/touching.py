"""Statements beside what they decide about: in lists, table rows and paragraphs."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token

from engine.rendering.markdown import Block
from engine.rendering.marks import Marks
from engine.rendering.pieces import Code

_LISTS = frozenset({"bullet_list", "ordered_list"})


class Joiner:
    """Joins lists with the statement lines they touch, and lifts statements out of rows and paragraphs they fill."""

    def __init__(self, marks: Marks, lines: Sequence[str]) -> None:
        self._marks = marks
        self._lines = lines

    def join(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the blocks with statements where they belong."""
        lifted: list[Block] = []
        for block in blocks:
            block.children = self._rows(block) if block.kind == "tbody" else self.join(block.children)
            lifted.extend(self._lifted(block))
        joined: list[Block] = []
        run: list[Block] = []
        for block in lifted:
            if run and not self._touches(run, block):
                joined.extend(self._joined(run))
                run = []
            run.append(block)
        return joined + self._joined(run)

    def _keywords(self, block: Block) -> list[str]:
        return [code.keyword for code in self._marks.codes(block.opening.content)] if block.kind == "statement" else []

    def _touches(self, run: Sequence[Block], block: Block) -> bool:
        kinds = {one.kind for one in (*run, block)}
        if not kinds <= _LISTS | {"statement"} or len(kinds & _LISTS) > 1:
            return False
        line = block.first_line
        return line > 0 and self._lines[line - 1].strip() != ""

    def _joined(self, run: list[Block]) -> list[Block]:
        lists = [block for block in run if block.kind in _LISTS]
        if not lists or len(run) == 1 or not _balanced([word for block in run for word in self._keywords(block)]):
            return run
        if self._keywords(run[0]) == ["if"] and self._keywords(run[-1]) == ["endif"] and self._encloses(run):
            inner = run[1:-1]
            return run if self._has_else(inner) else [run[0], *self._joined(inner), run[-1]]
        merged = Block(kind=lists[0].kind, opening=lists[0].opening, closing=lists[0].closing)
        for block in run:
            merged.children.extend(block.children if block.kind in _LISTS else [block])
        return [merged]

    def _encloses(self, run: Sequence[Block]) -> bool:
        return _balanced(
            [word for block in run[1:-1] for word in self._keywords(block) if word not in {"elif", "else"}]
        )

    def _has_else(self, inner: Sequence[Block]) -> bool:
        return not _balanced([word for block in inner for word in self._keywords(block)])

    def _rows(self, body: Block) -> list[Block]:
        """Make table rows that hold statements alone statements between rows."""
        rows: list[Block] = []
        for row in body.children:
            cells = [child.opening.content for cell in row.children for child in cell.children]
            filled = [cell for cell in cells if cell.strip()]
            if len(filled) == 1 and self._marks.statements.fullmatch(filled[0]):
                rows.append(statement(filled[0], row.first_line))
            else:
                rows.append(row)
        return rows

    def _lifted(self, block: Block) -> list[Block]:
        """Put an `if` that fills a paragraph around it, so that nothing is left of it when it is false."""
        if block.kind != "paragraph" or not block.children:
            return [block]
        codes = self._marks.codes(block.children[0].opening.content)
        words = [code.keyword for code in codes if code.keyword]
        if not self._filled(block, codes) or not _balanced(words[1:-1]):
            return [block]
        inline = block.children[0].opening
        children = inline.children or []
        first, last = children[0], children[-1]
        opening = self._cut(first, at_end=False)
        closing = self._cut(last, at_end=True)
        line = block.first_line
        return [statement(opening, line), block, statement(closing, line)]

    def _filled(self, block: Block, codes: Sequence[Code]) -> bool:
        inline = block.children[0].opening
        children = inline.children or []
        if len(codes) < 2 or not children or children[0].type != "text" or children[-1].type != "text":  # noqa: PLR2004
            return False
        starts = self._marks.pattern.match(children[0].content)
        ends = list(self._marks.pattern.finditer(children[-1].content))
        if not starts or not ends or ends[-1].end() != len(children[-1].content):
            return False
        first, last = self._marks.get(starts), self._marks.get(ends[-1])
        return isinstance(first, Code) and isinstance(last, Code) and first.keyword == "if" and last.keyword == "endif"

    def _cut(self, token: Token, *, at_end: bool) -> str:
        matches = list(self._marks.pattern.finditer(token.content))
        match = matches[-1] if at_end else matches[0]
        token.content = token.content[: match.start()] if at_end else token.content[match.end() :]
        return match[0]


def statement(content: str, line: int) -> Block:
    """Return a statement that stands as a block of its own."""
    token = Token("statement", "", 0, content=content.strip(), map=[line, line + 1])
    return Block(kind="statement", opening=token)


def _balanced(words: Sequence[str]) -> bool:
    depth = 0
    for word in words:
        depth += {"if": 1, "for": 1, "endif": -1, "endfor": -1}.get(word, 0)
        if depth < 0 or (depth == 0 and word in {"elif", "else"}):
            return False
    return depth == 0
