"""Which cells of a family's grid are tried: all of them, or every so many in the short form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def some(cells: Iterable[T], *, full: bool, every: int) -> list[T]:
    """Return all cells, or one of every so many; a step that is odd meets each side of a grid in turn."""
    return list(cells)[:: 1 if full else every]
