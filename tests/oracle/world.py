"""A small world: what is known of customers, accounts and events, with the stamp at which each thing was learned.

It is the raw truth the oracle judges from, in plain Python. `oracle.tables` writes the same into databases as an intake
would. Instants are whole microseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from engine.facts import Fact

Value = Any
Owner = tuple[str, str]
"""`customer` or `account`, and its id."""
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing a customer did, and when we heard of it."""

    id: str
    customer: str
    name: str
    at: int
    stamp: int
    keys: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Said:
    """One value that was said of a field: from when it holds, and when we heard of it."""

    at: int
    stamp: int
    value: Value


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A gap of a day or more between two events, and when we learned of it."""

    start: int
    end: int
    stamp: int


@dataclass
class World:
    """Everything that was said, nothing derived is stored."""

    facts: dict[Owner, dict[str, list[Said]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    created: dict[Owner, int] = field(default_factory=dict)
    members: dict[tuple[str, str], bool] = field(default_factory=dict)

    def ids(self, kind: str) -> list[str]:
        """Return who there is."""
        return sorted(id_ for owner, id_ in self.facts if owner == kind)

    def held(self, owner: Owner, name: str) -> Said | None:
        """Return what holds of a field now: what was said for the latest time; of equals, what was said last."""
        said = self.facts[owner][name]
        return max(said, key=lambda one: (one.at, one.stamp), default=None)

    def value(self, owner: Owner, name: str) -> Value:
        """Return the value of a field, None where it is missing."""
        held = self.held(owner, name)
        return held.value if held else None

    def learned(self, owner: Owner, name: str) -> int:
        """Return when the value of a field was learned."""
        held = self.held(owner, name)
        return held.stamp if held else -(2**62)

    def account_of(self, customer: str) -> str | None:
        """Return the one account of a customer: the lowest of those it is in."""
        linked: str | None = self.value(("customer", customer), "account_id")
        return linked

    def fact(self, subject: Owner, fact: Fact) -> Value:
        """Return a fact as a condition about a subject sees it."""
        owner = self.owner(subject, fact.subject)
        if owner is None:
            return None
        if fact.column == "last_seen_at":
            return self.last_seen(owner[1])[0]
        return owner[1] if fact.column == "id" else self.value(owner, fact.name)

    def owner(self, subject: Owner, kind: str) -> Owner | None:
        """Return whose facts are meant: the subject's own, or its account's."""
        if subject[0] == kind:
            return subject
        account = self.account_of(subject[1])
        return ("account", account) if account is not None else None

    def people(self, subject: Owner) -> list[str]:
        """Return whose events count for a subject."""
        if subject[0] == "customer":
            return [subject[1]]
        return [id_ for id_ in self.ids("customer") if self.account_of(id_) == subject[1]]

    def last_seen(self, customer: str, name: str | None = None) -> tuple[int | None, int]:
        """Return the last event of a customer, of one name or any, and when it was heard of first."""
        events = [one for one in self.events[customer] if name in {None, one.name}]
        if not events:
            return None, -(2**62)
        last = max(one.at for one in events)
        return last, min(one.stamp for one in events if one.at == last)

    def gaps(self, customer: str) -> Iterator[Gap]:
        """Yield the gaps of a day or more, each with the stamp at which it came to be as it is."""
        events = sorted(self.events[customer], key=lambda one: one.stamp)
        since: dict[tuple[int, int], int] = {}
        for stamp in sorted({one.stamp for one in events}):
            known = sorted({one.at for one in events if one.stamp <= stamp})
            now = {pair for pair in pairwise(known) if pair[1] - pair[0] >= DAY}
            since = {pair: since.get(pair, stamp) for pair in now}
        for (start, end), stamp in since.items():
            yield Gap(start=start, end=end, stamp=stamp)
