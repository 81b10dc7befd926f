"""A Markdown body with marks in it, which still knows the author's lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.rendering.emails import Email
from engine.rendering.markdown import Block
from engine.rendering.marks import Marks
from engine.rendering.pieces import Piece, Text
from engine.rendering.places import Place, Source


@dataclass(frozen=True, kw_only=True)
class MarkedBody:
    """A marked Markdown text; `lines` has the author's line for each of its own."""

    text: str
    lines: tuple[int, ...]
    source: Source

    @classmethod
    def of(cls, pieces: Iterable[Piece], marks: Marks, email: Email) -> MarkedBody:
        """Mark the Jinja of a body."""
        written: list[str] = []
        lines = [email.source.place(email.start).line]
        for piece in pieces:
            if isinstance(piece, Text):
                written.append(piece.text)
                lines.extend(piece.line + count for count in range(1, piece.text.count("\n") + 1))
            else:
                written.append(marks.put(piece))
        return cls(text="".join(written), lines=tuple(lines), source=email.source)

    def place_of(self, block: Block, *words: str) -> Place:
        """Return where the first of some words stands on a block's first line; its first column if none does."""
        line = self.lines[min(block.first_line, len(self.lines) - 1)]
        written = self.source.text[self.source.offset(line) :].partition("\n")[0]
        columns = (_find(word, written) for word in words)
        column = next((column for column in columns if column >= 0), 0)
        return Place(path=self.source.path, line=line, column=column + 1)


def _find(word: str, line: str) -> int:
    """Return where a word stands in a line, whole where it is one; -1 if it does not."""
    match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line)
    return match.start() if match else line.find(word)
