"""The names that one workspace's rules may use: its facts, topics, segments, templates, roles and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.errors import did_you_mean
from engine.facts import BUILT_IN, Fact

SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names of one kind. `broken` ones are declared, but wrongly: who uses them makes no mistake of its own.

    `whole` is False where the declaring file could not be read, so that nothing can be said to be missing.
    """

    good: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    whole: bool = True

    def unknown(self, name: str) -> bool:
        """Return whether a name is declared nowhere, for certain."""
        return self.whole and name not in self.good and name not in self.broken


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "did you mean …?", else the list of what there is where that is short, else nothing."""
    words = sorted(known)
    if near := did_you_mean(word, words):
        return near
    return f"there is {', '.join(words)}" if 0 < len(words) <= SHOWN else ""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """All names of a workspace. `templates` None: not known here, so never missing; so with no `events` or `roles`.

    `stored` are the traits that somebody has, by subject; a subject of whom nobody is stored is not in it. `kept` is
    how long events are, None where that is not known here. With `now`, an aware instant, what is over is pointed out.
    `rules`, `customers` and `accounts` are those that a test file may name; rules themselves name none.
    """

    facts: Mapping[str, Fact] = field(default_factory=lambda: BUILT_IN)
    traits: Names = Names()
    topics: Names = Names()
    segments: Names = Names()
    templates: frozenset[str] | None = None
    events: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    stored: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept: timedelta | None = None
    zone: str = "UTC"
    now: datetime | None = None
    rules: Names = Names()
    customers: Names = Names()
    accounts: Names = Names()
