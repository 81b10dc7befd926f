"""Marks: words of one width that stand for pieces of Jinja while Markdown and MJML are compiled around them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from engine.rendering.pieces import Code, Constant, Piece, Text


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Where a body is put in: it has a name alone."""

    name: str


Marked = Code | Constant | Slot
_LETTERS: dict[type[Marked], str] = {Constant: "c", Slot: "b"}


class Marks:
    """Gives out marks and takes them back; a mark's letter says what it stands for."""

    def __init__(self, nonce: str) -> None:
        self._entries: list[Marked] = []
        self._nonce = nonce
        self.pattern = re.compile(rf"{self._nonce}(\d{{5}})([pscb])z")
        self.statements = re.compile(rf"(?:\s*{self._nonce}\d{{5}}sz)+\s*")

    def put(self, piece: Marked) -> str:
        """Return a new mark for a piece."""
        self._entries.append(piece)
        letter = _LETTERS.get(type(piece)) or ("s" if isinstance(piece, Code) and piece.kind == "statement" else "p")
        return f"{self._nonce}{len(self._entries) - 1:05d}{letter}z"

    def put_all(self, pieces: Iterable[Piece], escape: Callable[[str], str]) -> str:
        """Return pieces as one text: constants escaped, Jinja marked."""
        return "".join(map(self._shown(escape), pieces))

    def _shown(self, escape: Callable[[str], str]) -> Callable[[Piece], str]:
        def shown(piece: Piece) -> str:
            if isinstance(piece, Code):
                return self.put(piece)
            return piece.text if isinstance(piece, Text) else escape(piece.text)

        return shown

    def get(self, match: re.Match[str]) -> Marked:
        """Return what a mark stands for."""
        return self._entries[int(match[1])]

    def split(self, text: str) -> Iterator[str | Marked]:
        """Yield a marked text's stretches and what its marks stand for, in order."""
        end = 0
        for match in self.pattern.finditer(text):
            if match.start() > end:
                yield text[end : match.start()]
            yield self.get(match)
            end = match.end()
        if end < len(text):
            yield text[end:]

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """Return a marked text as pieces, its own words as constants."""
        parts = self.split(text)
        return tuple(
            Constant(text=part) if isinstance(part, str) else part for part in parts if not isinstance(part, Slot)
        )

    def codes(self, text: str) -> tuple[Code, ...]:
        """Return the Jinja that a marked text holds."""
        return tuple(part for part in self.split(text) if isinstance(part, Code))

    def fill(self, text: str, escape: Callable[[str], str]) -> str:
        """Return a marked text with its constants put in."""

        def filled(match: re.Match[str]) -> str:
            entry = self.get(match)
            return escape(entry.text) if isinstance(entry, Constant) else match[0]

        return self.pattern.sub(filled, text)


def nonce(sources: Iterable[str]) -> str:
    """Return the beginning of marks: a word that occurs in none of the sources."""
    text = "\0".join(sources)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return next(word for start in range(50) if (word := f"Qj{digest[start : start + 8]}") not in text)
