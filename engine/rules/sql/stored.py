"""Where each fact is stored, in which column it compares, and what tells that it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.facts import Fact, FactType
from engine.models.tables import account, customer, trait
from engine.rules.model import Subject
from engine.rules.sql.dialects import TEXT, WHOLE, Column, probe
from engine.rules.sql.sources import PRESENT, Sources

_TRAIT_COLUMNS = {
    FactType.TEXT: "key",
    FactType.URL: "key",
    FactType.NUMBER: "number",
    FactType.MONEY: "number",
    FactType.BOOLEAN: "number",
    FactType.DATE: "day",
    FactType.TIME: "time",
}
_OWN_DAYS = {"customer.signed_up_at": "signed_up_on"}
_OWN_STAMPS = {"customer.last_seen_at": "seen_changed_at"}
TABLES: dict[str, sa.Table] = {"customer": customer, "account": account}
NEVER = -(2**62)
"""An instant before any other, in microseconds."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a fact is stored: `column` compares, `day` is its calendar day, `shown` its text, `changed` its stamp."""

    owner: Subject
    table: sa.Table
    column: str
    shown: str
    changed: str
    day: str | None
    trait: str | None = None

    @property
    def id(self) -> str:
        """The column that holds the owner's id."""
        return "subject_id" if self.trait else "id"

    def rows(self) -> sa.ColumnElement[bool]:
        """Return what picks the rows of this fact from its table."""
        if not self.trait:
            return sa.true()
        return sa.and_(trait.c.subject_type == self.owner, trait.c.name == self.trait)


def place(fact: Fact) -> Place:
    """Return where a fact is stored."""
    owner: Subject = "account" if fact.subject == "account" else "customer"
    if fact.column is None:
        column = _TRAIT_COLUMNS[fact.type]
        return Place(
            owner=owner, table=trait, column=column, shown="text", changed="changed_at", day="day", trait=fact.name
        )
    keyed = fact.type in {FactType.TEXT, FactType.URL} and fact.column != "id"
    return Place(
        owner=owner,
        table=TABLES[owner],
        column=f"{fact.column}_key" if keyed else fact.column,
        shown=fact.column,
        changed=_OWN_STAMPS.get(fact.path, "changed_at"),
        day=fact.column if fact.type is FactType.DATE else _OWN_DAYS.get(fact.path),
    )


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """The rows that an expression about one subject may read: its account and, but for account rules, its customer."""

    id: Column
    account: sa.FromClause
    customer: sa.FromClause | None
    zone: str
    sources: Sources = PRESENT

    @property
    def kind(self) -> Subject:
        """Whose rows these are."""
        return "account" if self.customer is None else "customer"

    def owner(self, kind: Subject) -> sa.FromClause:
        """Return the row of the customer or of the account; an account rule has no customer."""
        if kind == "account":
            return self.account
        assert self.customer is not None
        return self.customer

    def owner_id(self, kind: Subject) -> Column:
        """Return the id by which an owner's traits and history are found."""
        return self.customer.c.account_id if kind == "account" and self.customer is not None else self.owner(kind).c.id

    @property
    def local_zone(self) -> Column:
        """The zone whose calendar counts: the customer's, else the account's, else the workspace's."""
        zones = [row.c.time_zone for row in (self.customer, self.account) if row is not None]
        return sa.func.coalesce(*zones, sa.literal(self.zone, TEXT))

    def value(self, fact: Fact, column: str | None = None) -> Column:
        """Return the comparable value of a fact, or another column of where it is stored; NULL where it is missing."""
        where = place(fact)
        name = column or where.column
        if not where.trait:
            return self.owner(where.owner).c[name]
        row = self.sources.trait.alias()
        return sa.select(row.c[name]).where(*self._trait(where, row)).correlate_except(row).scalar_subquery()

    def test(self, fact: Fact, tested: Any) -> sa.ColumnElement[bool]:  # noqa: ANN401 (a function of a column)
        """Return whether a fact's column passes a test; false where it is missing."""
        where = place(fact)
        if not where.trait:
            return sa.func.coalesce(tested(self.owner(where.owner).c[where.column]), sa.false())
        row = self.sources.trait.alias()
        return probe(row, *self._trait(where, row), tested(row.c[where.column]))

    def _trait(self, where: Place, row: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            row.c.subject_type == where.owner,
            row.c.subject_id == self.owner_id(where.owner),
            row.c.name == where.trait,
        )

    def touched(self, fact: Fact) -> Column:
        """Return when the row that holds a fact was last changed, which is never before the fact was."""
        where = place(fact)
        plain = not where.trait and where.changed == "changed_at"
        return self.changed(where.owner) if plain else sa.func.coalesce(self.value(fact, where.changed), NEVER)

    def changed(self, owner: Subject) -> Column:
        """Return when the row of the customer or of the account was last changed; a customer may have no account."""
        stamp = self.owner(owner).c.changed_at
        return stamp if owner == self.kind else sa.func.coalesce(stamp, NEVER)

    def stamp(self, fact: Fact) -> Column:
        """Return when a fact was last changed, as far as is known."""
        where = place(fact)
        if fact.path in _OWN_STAMPS:
            return sa.func.coalesce(self.owner(where.owner).c[where.changed], NEVER)
        return self.field_stamp(where.owner, fact.name)

    def field_stamp(self, owner: Subject, field: str) -> Column:
        """Return when the value that an owner's field has was learned; older ones that came late changed nothing."""
        row = self.sources.fact_change.alias()
        mine = (row.c.subject_type == owner, row.c.subject_id == self.owner_id(owner), row.c.field == field)
        latest = sa.select(row.c.stamp).where(*mine).order_by(row.c.at.desc(), row.c.stamp.desc())
        stamp = latest.limit(sa.literal_column("1")).correlate_except(row).scalar_subquery()
        return sa.func.coalesce(sa.type_coerce(stamp, WHOLE), sa.literal(NEVER, WHOLE))
