"""Where facts of customers and accounts are stored: the columns of each subject's table, and the traits beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from engine.db import Day, Instant
from engine.facts import FactType, Trait, text_key
from engine.intake.bulk import Upsert, given, latest
from engine.intake.fields import FIELDS, Kind
from engine.models.tables import account, customer
from engine.traits import utc_day
from engine.values import Value

_NOT_FACTS = {"id", "updated_at"}


@dataclass(frozen=True, kw_only=True)
class SubjectTable:
    """The table of one kind of subject, read and written by many ids at once."""

    kind: Kind
    subject: str
    table: sa.Table

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The built-in facts that a file can set."""
        return tuple(dict.fromkeys(f.sets for f in FIELDS[self.kind].values() if f.sets not in _NOT_FACTS))

    @cached_property
    def select(self) -> sa.Select[Any]:
        """A query for the facts of given ids, as plain integers and texts, that locks their rows."""
        rows, (id_,) = given(str)
        columns = [_plain(self.table.c[name]) for name in ("id", *self.facts)]
        wanted = sa.select(*columns).where(self.table.c.id.in_(sa.select(id_).select_from(rows)))
        return wanted.order_by(self.table.c.id).with_for_update()

    @cached_property
    def create(self) -> Upsert:
        """Creates subjects of which nothing but the id is known."""
        return Upsert(table=self.table, columns=("id", "created_at", "changed_at"))

    @cached_property
    def write(self) -> Upsert:
        """Writes whole rows of facts over those that are there."""
        return Upsert(
            table=self.table,
            columns=("id", *self._columns, "created_at", "changed_at"),
            update=lambda new: {**{name: new[name] for name in self._columns}, "changed_at": latest(self.table, new)},
        )

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """The columns of facts and of what is derived from them, in the table's order."""
        derived = {"signed_up_on", *self.facts, *(f"{name}_key" for name in self.facts)}
        return tuple(column.name for column in self.table.columns if column.name in derived)

    def row(self, id_: str, facts: Mapping[str, Value | None], stamp: int) -> tuple[Any, ...]:
        """Return the row `write` takes for a subject with these facts."""
        return (id_, *(self._value(name, facts) for name in self._columns), stamp, stamp)

    def _value(self, column: str, facts: Mapping[str, Value | None]) -> Value | None:
        if column == "signed_up_on":
            at = facts["signed_up_at"]
            return utc_day(at) if isinstance(at, int) else None
        if column in facts:
            return facts[column]
        said = facts[column.removesuffix("_key")]
        return text_key(said) if isinstance(said, str) else None


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    for decorated, plain in ((Instant, sa.BigInteger), (Day, sa.String)):
        if isinstance(column.type, decorated):
            return sa.type_coerce(column, plain)
    return column


SUBJECTS = {
    Kind.CUSTOMERS: SubjectTable(kind=Kind.CUSTOMERS, subject="customer", table=customer),
    Kind.ACCOUNTS: SubjectTable(kind=Kind.ACCOUNTS, subject="account", table=account),
}


def trait_types(traits: tuple[Trait, ...], subject: str) -> dict[str, FactType]:
    """Return the declared types of a subject's traits by name."""
    return {trait.name: trait.type for trait in traits if trait.subject == subject}
