"""Where things stand in the files their authors wrote."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Source:
    """One file's text, which knows the place of each of its characters."""

    path: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(index + 1 for index, sign in enumerate(self.text) if sign == "\n"))
        object.__setattr__(self, "_starts", starts)

    def place(self, offset: int) -> Place:
        """Return the place of a character."""
        line = bisect_right(self._starts, offset)
        return Place(path=self.path, line=line, column=offset - self._starts[line - 1] + 1)

    def offset(self, line: int, column: int = 1) -> int:
        """Return the index of the character at a line and column; beyond the end it is the end."""
        if line > len(self._starts):
            return len(self.text)
        return min(self._starts[line - 1] + column - 1, len(self.text))


def read_source(path: str, text: str) -> Source:
    """Return a file's text with Unix line ends and without a byte order mark."""
    return Source(path, text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
