"""Facts of customers and accounts, loaded in batches as typed values; what is missing is left out, never None."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from engine.db import Straight, among
from engine.facts import BUILT_IN, FactType, Trait
from engine.models.tables import account, customer, trait

Value = str | int | float | bool | date | datetime
Facts = Mapping[str, Value]


class _Stored(NamedTuple):
    """A trait as it is stored: in the column of its type."""

    text: str | None
    number: float | None
    time: datetime | None
    day: date | None


_READ: Mapping[FactType, Callable[[_Stored], Value | None]] = {
    FactType.TEXT: lambda row: row.text,
    FactType.URL: lambda row: row.text,
    FactType.NUMBER: lambda row: _number(row.number),
    FactType.MONEY: lambda row: None if row.number is None else round(row.number),
    FactType.BOOLEAN: lambda row: None if row.number is None else bool(row.number),
    FactType.DATE: lambda row: row.day,
    FactType.TIME: lambda row: row.time,
}
"""How a stored trait becomes a value of its declared type."""
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    subject: {fact.name: fact.column for fact in BUILT_IN.values() if fact.subject == subject and fact.column}
    for subject in ("customer", "account")
}
_PERSONS = Straight(
    sa.select(
        customer.c.id, customer.c.account_id, *(customer.c[name] for name in _COLUMNS["customer"].values())
    ).where(among(customer.c.id, "ids"))
)
_ACCOUNTS = Straight(
    sa.select(account.c.id, *(account.c[name] for name in _COLUMNS["account"].values())).where(
        among(account.c.id, "ids")
    )
)
_TRAITS = Straight(
    sa.select(trait.c.subject_id, trait.c.name, trait.c.text, trait.c.number, trait.c.time, trait.c.day).where(
        trait.c.subject_type == sa.bindparam("subject"),
        among(trait.c.subject_id, "ids"),
        among(trait.c.name, "names"),
    )
)


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
        """Return a digest of all facts, which changes with any of them."""
        facts = (sorted(self.person.facts.items()), sorted(self.account.facts.items()) if self.account else None)
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
        id_: Person(id=id_, account_id=account_id, facts=_built_in("customer", values) | more.get(id_, {}))
        for id_, account_id, *values in rows
    }


def load_accounts(
    connection: sa.Connection, ids: Collection[str], *, traits: Iterable[Trait] = ()
) -> Mapping[str, Account]:
    """Return these accounts by id; ids nobody has are left out."""
    more = _traits(connection, "account", ids, traits)
    rows = _ACCOUNTS.rows(connection, {"ids": sorted(ids)}) if ids else ()
    return {id_: Account(id=id_, facts=_built_in("account", values) | more.get(id_, {})) for id_, *values in rows}


def _built_in(subject: str, values: Sequence[Value | None]) -> dict[str, Value]:
    return {name: value for name, value in zip(_COLUMNS[subject], values, strict=True) if value is not None}


def _traits(
    connection: sa.Connection, subject: str, ids: Collection[str], declared: Iterable[Trait]
) -> dict[str, dict[str, Value]]:
    types = {each.name: each.type for each in declared if each.subject == subject}
    if not types or not ids:
        return {}
    found: dict[str, dict[str, Value]] = {}
    given = {"subject": subject, "ids": sorted(ids), "names": sorted(types)}
    for id_, name, *stored in _TRAITS.rows(connection, given):
        value = _READ[types[name]](_Stored(*stored))
        if value is not None:
            found.setdefault(id_, {})[name] = value
    return found


def _number(number: float | None) -> int | float | None:
    return int(number) if number is not None and number == int(number) else number
