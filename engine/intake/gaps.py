"""Absences: the gaps of a day or more between neighbouring events of one customer, kept right as events arrive."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

DAY = 86_400_000_000

Gap = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What new events do to a customer's absences: `written` begin or end anew, `closed` (their starts) are no more."""

    written: tuple[Gap, ...] = ()
    closed: tuple[int, ...] = ()


def changes(new: Sequence[int], *, first: int | None, last: int | None, split: Iterable[Gap]) -> Changes:
    """Return what new instants change, given the first and last known before and the absences that they fall into.

    Instants are microseconds; `new` is sorted. Between known events less than a day apart nothing can change.
    """
    if first is None or last is None:
        return Changes(written=tuple(_gaps(new)))
    before = new[: bisect_left(new, first)]
    after = new[bisect_right(new, last) :]
    written = [*_gaps([*before, first]), *_gaps([last, *after])]
    closed = []
    for start, end in split:
        parts = list(_gaps([start, *new[bisect_right(new, start) : bisect_left(new, end)], end]))
        written += (part for part in parts if part != (start, end))
        if not parts or parts[0][0] != start:
            closed.append(start)
    return Changes(written=tuple(written), closed=tuple(closed))


def _gaps(instants: Iterable[int]) -> Iterator[Gap]:
    return ((start, end) for start, end in pairwise(instants) if end - start >= DAY)
