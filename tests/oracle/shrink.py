"""Making a history that fails smaller: fewer steps, fewer rules, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def fewest(items: Sequence[T], fails: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return some of the items with which it still fails and of which none can be left out; halves are tried first.

    It must fail with all of them. The order of the items stays.
    """
    kept, size = list(items), max(len(items) // 2, 1)
    while size:
        place = 0
        while place < len(kept):
            fewer = kept[:place] + kept[place + size :]
            if fails(fewer):
                kept = fewer
            else:
                place += size
        size = size // 2 if size > 1 else 0
    return kept
