"""One fact's history: what a new word on it changes, given when it is said to hold from and what was known before."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Known(NamedTuple):
    """A value (as text, None for nothing) and the instant it held from, in microseconds."""

    at: int
    value: str | None


class Change(NamedTuple):
    """A value that took another's place at an instant; `latest` where nothing newer is known, so it is the fact now."""

    at: int
    old: str | None
    new: str | None
    latest: bool


def learn(history: list[Known], word: Known) -> Change | None:
    """Add a word to a history, and return what it changes; what was held then already changes nothing.

    `history` is in the order of time, and within one instant of learning: there the last word holds. A word older than
    the latest goes into the history and leaves the fact as it is.
    """
    place = bisect_right(history, word.at, key=lambda held: held.at)
    old = history[place - 1].value if place else None
    if old == word.value:
        return None
    history.insert(place, word)
    return Change(word.at, old, word.value, latest=place == len(history) - 1)
