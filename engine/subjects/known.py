"""Facts of customers and accounts, loaded in batches as typed values; what is missing is left out, never None."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.db import Straight, among
from engine.facts import BUILT_IN, FactType, Trait
from engine.models.tables import account, customer, trait

Value = str | int | float | bool | date | datetime
Facts = Mapping[str, Value]


def _number(number: float) -> int | float:
    return int(number) if number == int(number) else number


_COLUMNS: Mapping[str, Mapping[str, str]] = {
    subject: {fact.name: fact.column for fact in BUILT_IN.values() if fact.subject == subject and fact.column}
    for subject in ("customer", "account")
}
_PLACES = {subject: tuple(enumerate(columns)) for subject, columns in _COLUMNS.items()}
"""Where the built-in facts stand in a row; the id is the first of them."""
_PERSONS = Straight(
    sa.select(*(customer.c[name] for name in _COLUMNS["customer"].values()), customer.c.account_id).where(
        among(customer.c.id, "ids")
    )
)
_ACCOUNTS = Straight(
    sa.select(*(account.c[name] for name in _COLUMNS["account"].values())).where(among(account.c.id, "ids"))
)
_TRAITS = Straight(
    sa.select(trait.c.subject_id, trait.c.name, trait.c.text, trait.c.number, trait.c.time, trait.c.day).where(
        trait.c.subject_type == sa.bindparam("subject"),
        among(trait.c.subject_id, "ids"),
        among(trait.c.name, "names"),
    )
)
_TEXT, _NUMBER, _TIME, _DAY = range(2, 6)
_READ: Mapping[FactType, tuple[int, Callable[[Any], Value] | None]] = {
    FactType.TEXT: (_TEXT, None),
    FactType.URL: (_TEXT, None),
    FactType.NUMBER: (_NUMBER, _number),
    FactType.MONEY: (_NUMBER, round),
    FactType.BOOLEAN: (_NUMBER, bool),
    FactType.DATE: (_DAY, None),
    FactType.TIME: (_TIME, None),
}
"""Where a trait of a declared type stands in its row, and what makes a value of it."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A customer: `facts` by name without `customer.`, traits included; instants are aware, in UTC."""

    id: str
    account_id: str | None = None
    facts: Facts = field(default_factory=dict)

    @property
    def address(self) -> str | None:
        """Where mail goes; None where no address is known."""
        return self.text("email")

    @property
    def display_name(self) -> str:
        """First and last name, as far as they are known."""
        return " ".join(filter(None, (self.text("first_name"), self.text("last_name"))))

    def text(self, name: str) -> str | None:
        """Return a text fact, or None."""
        value = self.facts.get(name)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account: `facts` by name without `account.`, traits included."""

    id: str
    facts: Facts = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return a text fact, or None."""
        value = self.facts.get(name)
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, kw_only=True)
class Known:
    """A reader and the account a mail to them is about."""

    person: Person
    account: Account | None = None

    def zone(self, default: str) -> str:
        """Return the reader's time zone: theirs, else the account's, else `default`."""
        return self.person.text("time_zone") or (self.account and self.account.text("time_zone")) or default

    def language(self, default: str) -> str:
        """Return the reader's language: theirs, else the account's, else `default`."""
        return self.person.text("locale") or (self.account and self.account.text("locale")) or default

    @property
    def fingerprint(self) -> str:
        """Return a digest of all facts, which changes with any of them; they are always loaded in the same order."""
        facts = (self.person.facts, self.account.facts if self.account else None)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def load(
    connection: sa.Connection, customer_ids: Collection[str], *, traits: Iterable[Trait] = ()
) -> Mapping[str, Known]:
    """Return what is known of these customers and the account of each; ids nobody has are left out."""
    traits = tuple(traits)
    persons = load_persons(connection, customer_ids, traits=traits)
    accounts = load_accounts(connection, {p.account_id for p in persons.values() if p.account_id}, traits=traits)
    return {id_: Known(person=p, account=accounts.get(p.account_id or "")) for id_, p in persons.items()}


def load_persons(
    connection: sa.Connection, ids: Collection[str], *, traits: Iterable[Trait] = ()
) -> Mapping[str, Person]:
    """Return these customers by id; ids nobody has are left out."""
    more = _traits(connection, "customer", ids, traits)
    rows = _PERSONS.rows(connection, {"ids": sorted(ids)}) if ids else ()
    return {
        row[0]: Person(id=row[0], account_id=row[-1], facts=_facts("customer", row, more.get(row[0]))) for row in rows
    }


def load_accounts(
    connection: sa.Connection, ids: Collection[str], *, traits: Iterable[Trait] = ()
) -> Mapping[str, Account]:
    """Return these accounts by id; ids nobody has are left out."""
    more = _traits(connection, "account", ids, traits)
    rows = _ACCOUNTS.rows(connection, {"ids": sorted(ids)}) if ids else ()
    return {row[0]: Account(id=row[0], facts=_facts("account", row, more.get(row[0]))) for row in rows}


def _facts(subject: str, row: Sequence[Any], traits: Facts | None) -> Facts:
    facts = {name: row[place] for place, name in _PLACES[subject] if row[place] is not None}
    if traits:
        facts.update(sorted(traits.items()))
    return facts


def _traits(
    connection: sa.Connection, subject: str, ids: Collection[str], declared: Iterable[Trait]
) -> dict[str, dict[str, Value]]:
    read = {each.name: _READ[each.type] for each in declared if each.subject == subject}
    if not read or not ids:
        return {}
    found: dict[str, dict[str, Value]] = {}
    given = {"subject": subject, "ids": sorted(ids), "names": sorted(read)}
    for row in _TRAITS.rows(connection, given):
        id_, name = row[:2]
        place, convert = read[name]
        if (value := row[place]) is not None:
            found.setdefault(id_, {})[name] = convert(value) if convert else value
    return found
