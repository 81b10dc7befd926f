"""A test file as it was understood. Times are aware UTC; facts are kept as written, for intake to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.rules.model import Place
from engine.yaml_text import Scalar

Facts = Mapping[str, Scalar]
"""Values as written, by the name of the fact."""
DEFAULT_ROLE = "member"
"""The role of somebody of whom only the account is said."""
EVERYTHING = "*"
"""Suppressed for mail of every topic."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """An account of a test."""

    name: str
    place: Place
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer of a test, their role in their account, and the topics they said no (`*`: to any) or yes to."""

    name: str
    place: Place
    facts: Facts = field(default_factory=dict)
    account: str | None = None
    role: str | None = None
    suppressed: str | None = None
    consents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event that some customers did at some times; `arrives` is when it is heard of, where that is later."""

    at: tuple[datetime, ...]
    who: tuple[str, ...]
    event: str
    properties: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    arrives: datetime | None = None
    place: Place


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes otherwise for some customers or accounts; `facts` are by path, such as `account.status`."""

    at: datetime
    who: tuple[str, ...]
    facts: Facts = field(default_factory=dict)
    suppress: str | None = None
    consents: tuple[str, ...] = ()
    joins: str | None = None
    role: str | None = None
    leaves: str | None = None
    place: Place


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One mail that must leave in this very minute; what is None or empty may be anything."""

    at: datetime
    to: str
    rule: str | None = None
    template: str | None = None
    language: str | None = None
    subject: str | None = None
    text: tuple[str, ...] = ()
    html: tuple[str, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True)
class Never:
    """No mail for a customer: of one rule or template or any, in a span (both ends counted) or ever."""

    who: str
    rule: str | None = None
    template: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    place: Place


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One test file: who is there, what happens, and what is expected between `start` and `until`."""

    path: str
    place: Place
    rules: tuple[str, ...]
    zone: str
    start: datetime
    until: datetime
    accounts: Mapping[str, Company]
    customers: Mapping[str, Person]
    events: tuple[Happening, ...]
    changes: tuple[Change, ...]
    expected: tuple[Expected, ...]
    never: tuple[Never, ...]

    def membership(self, name: str, at: datetime) -> tuple[str, str] | None:
        """Return the account that a customer belongs to at a time, with their role; None where there is none."""
        person = self.customers[name]
        found = (person.account, person.role or DEFAULT_ROLE) if person.account else None
        for change in sorted(self.changes, key=lambda change: change.at):
            if change.at <= at and name in change.who:
                found = None if change.leaves and found and change.leaves == found[0] else found
                found = (change.joins, change.role or DEFAULT_ROLE) if change.joins else found
        return found
