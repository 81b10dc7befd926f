"""Arms: the few index ranges through which a tick finds whoever it must look at.

An arm is one source that a rule reads with its own stamp of change, or one time leaf crossed between the last tick and
now. A tick looks at the union of a rule's arms and at nobody else (design 2.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from engine.facts import Fact
from engine.models.tables import account, account_member, customer, event, event_total
from engine.rules.model import Subject
from engine.rules.sql.dialects import TEXT, Column, Speech, parameter
from engine.rules.sql.stored import Place, place

SINCE = parameter("since")
"""The lower end of what a tick looks at: the watermark less the overlap."""
NOW = parameter("now")
RULE = parameter("rule", TEXT)
Ids = sa.Select[tuple[str]]
Test = Callable[[Column], sa.ColumnElement[bool]]


def crossed(column: Column, shift: int | Column) -> sa.ColumnElement[bool]:
    """Return whether `column + shift` lies in (since, now]."""
    return sa.and_(column > SINCE - shift, column <= NOW - shift)


def changed(column: Column) -> sa.ColumnElement[bool]:
    """Return whether a stamp is new; without an upper end, since a stamp may lie ahead of the clock."""
    return column > SINCE


@dataclass
class Arms:
    """The arms of one rule, each under a name, so that leaves that read the same source share one."""

    subject: Subject
    speech: Speech
    due: dict[str, Ids] = field(default_factory=dict)
    others: dict[str, Ids] = field(default_factory=dict)

    def lift(self, owner: Subject, ids: Ids) -> Ids:
        """Turn ids of customers or accounts into ids of the rule's subject."""
        if owner == self.subject:
            return ids
        if owner == "account":
            return sa.select(customer.c.id).where(customer.c.account_id.in_(ids))
        return sa.select(customer.c.account_id).where(customer.c.id.in_(ids), customer.c.account_id.is_not(None))

    def of_fact(self, where: Place, column: str, test: Test) -> Ids:
        """Return the subjects for whom a column of a fact's row passes a test."""
        table = where.table
        return self.lift(where.owner, sa.select(table.c[where.id]).where(where.rows(), test(table.c[column])))

    def fact_changed(self, fact: Fact) -> None:
        """Look at whom a fact changed for, and at who got another account where it is the account's."""
        where = place(fact)
        self.others[f"{where.owner} {where.trait or ''} {where.changed}"] = self.of_fact(where, where.changed, changed)
        if where.owner == "account":
            self.link_changed()

    def link_changed(self) -> None:
        """Look at customers whose account is another."""
        if self.subject == "customer":
            self.others["customer  changed_at"] = sa.select(customer.c.id).where(changed(customer.c.changed_at))

    def zone_changed(self) -> None:
        """Look at whom the zone may have changed for."""
        self.link_changed()
        ids = sa.select(account.c.id).where(changed(account.c.changed_at))
        self.others["account  changed_at"] = self.lift("account", ids)

    def fact_crossed(self, fact: Fact, shift: int) -> None:
        """Look at those for whom an instant has been reached, `shift` after it."""
        where = place(fact)
        ids = self.of_fact(where, where.column, lambda column: crossed(column, shift))
        self.others[f"{fact.path} crossed {shift}"] = ids

    def fact_listed(self, fact: Fact, name: str) -> None:
        """Look at those whose day is in a list that is computed for each tick."""
        where = place(fact)
        ids = self.of_fact(where, where.column, lambda column: column.in_(self.speech.days(name)))
        self.others[f"{fact.path} listed {name}"] = ids

    def events_changed(self, name: str | None) -> None:
        """Look at those of whom an event arrived, and, for accounts, at who lost or gained a person."""
        self.others[f"event_total {name}"] = self.lift("customer", self._totals(name))
        if self.subject == "account":
            self.others["account_member changed_at"] = _accounts_of_moved_members()

    def _totals(self, name: str | None) -> Ids:
        ids = sa.select(event_total.c.customer_id).where(changed(event_total.c.changed_at))
        if name is not None:
            return ids.where(event_total.c.name == name)
        return ids.where(event_total.c.name.in_(self._seen_names))

    def events_crossed(self, name: str | None, shift: int) -> None:
        """Look at those of whom an event has reached an age."""
        ids = sa.select(event.c.customer_id).where(crossed(event.c.at, shift))
        ids = ids.where(event.c.name == name if name is not None else event.c.name.in_(self._seen_names))
        self.others[f"event {name} crossed {shift}"] = self.lift("customer", ids)

    @cached_property
    def _seen_names(self) -> Ids:
        """Every event name there is, found by jumps through the index, one a name."""
        first = sa.select(sa.func.min(event_total.c.name).label("name")).cte("seen", recursive=True)
        row = event_total.alias()
        following = sa.select(sa.func.min(row.c.name)).where(row.c.name > first.c.name).correlate_except(row)
        seen = first.union_all(sa.select(following.scalar_subquery()).where(first.c.name.is_not(None)))
        return sa.select(seen.c.name).where(seen.c.name.is_not(None))

    def union(self, *, due_only: bool = False) -> sa.CompoundSelect[Any]:
        """Return the ids of all arms, each as often as arms find it."""
        arms: Iterable[Ids] = self.due.values() if due_only else (*self.due.values(), *self.others.values())
        return sa.union_all(*arms)


def _accounts_of_moved_members() -> Ids:
    moved = sa.select(account_member.c.customer_id).where(changed(account_member.c.changed_at))
    return sa.select(account_member.c.account_id).where(account_member.c.customer_id.in_(moved))
