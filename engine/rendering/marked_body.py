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

    def place_of(self, block: Block, word: str) -> Place:
        """Return where a word stands on a block's first line."""
        line = self.lines[min(block.first_line, len(self.lines) - 1)]
        start = self.source.offset(line)
        written = self.source.text[start:].partition("\n")[0]
        match = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", written) if word[:1].isalnum() else None
        column = match.start() if match else max(written.find(word), 0)
        return Place(path=self.source.path, line=line, column=column + 1)
