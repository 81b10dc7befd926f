"""The world as an intake writes it into a database: kept facts, stamps that move only with values, history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from oracle.world import Owner, Value, World

from engine.clock import from_micros
from engine.db import writing
from engine.facts import FactType
from engine.models import tables as t

COLUMNS = {FactType.TEXT: "key", FactType.NUMBER: "number", FactType.BOOLEAN: "number"}
COLUMNS |= {FactType.DATE: "day", FactType.TIME: "time"}
EMPTIED = (
    "enrollment membership rule_state trait fact_change event event_total event_daily absence account_member customer "
    "account zone"
)


class Tables:
    """Writes one world's changes into one database; `traits` are the types of declared facts by owner and name."""

    def __init__(self, engine: sa.Engine, traits: Mapping[tuple[str, str], FactType]) -> None:
        self.engine = engine
        self.traits = traits
        self.stamps: dict[tuple[str, ...], int] = {}
        with writing(engine) as connection:
            for name in EMPTIED.split():
                connection.execute(sa.delete(getattr(t, name)))

    def create(self, owner: Owner, stamp: int) -> None:
        """Write a customer or an account of which nothing is known yet."""
        at = from_micros(stamp)
        table = t.customer if owner[0] == "customer" else t.account
        with writing(self.engine) as connection:
            connection.execute(sa.insert(table).values(id=owner[1], created_at=at, changed_at=at))

    def say(self, world: World, owner: Owner, name: str, *, old: Value, at: int, stamp: int) -> None:
        """Write one value that was said; `world` knows it already."""
        held = world.held(owner, name)
        assert held is not None
        with writing(self.engine) as connection:
            self._remember(connection, owner, name, at, stamp)
            if held.value == old:
                return
            if (owner[0], name) in self.traits:
                self._set_trait(connection, owner, name, held.value, stamp)
            else:
                self._set_column(connection, owner, name, held.value, stamp)

    def _remember(self, connection: sa.Connection, owner: Owner, name: str, at: int, stamp: int) -> None:
        row = t.fact_change.c
        key: dict[str, Any] = {"subject_type": owner[0], "subject_id": owner[1], "field": name}
        key |= {"stamp": from_micros(stamp), "at": from_micros(at)}
        found = sa.and_(*(row[column] == value for column, value in key.items()))
        if connection.execute(sa.select(sa.func.count()).select_from(t.fact_change).where(found)).scalar_one() == 0:
            connection.execute(sa.insert(t.fact_change).values(**key))

    def _set_column(self, connection: sa.Connection, owner: Owner, name: str, value: Value, stamp: int) -> None:
        table = t.customer if owner[0] == "customer" else t.account
        stored = from_micros(value) if name == "signed_up_at" and value is not None else value
        values: dict[str, Any] = {name: stored, "changed_at": self._latest(stamp, *owner)}
        if f"{name}_key" in table.c:
            values[f"{name}_key"] = None if value is None else value.casefold()
        if name == "signed_up_at":
            values["signed_up_on"] = None if stored is None else stored.date()
        connection.execute(sa.update(table).where(table.c.id == owner[1]).values(**values))
        if name == "time_zone" and value is not None:
            known = connection.execute(sa.select(t.zone.c.name).where(t.zone.c.name == value)).scalar()
            if known is None:
                connection.execute(sa.insert(t.zone).values(name=value))

    def _set_trait(self, connection: sa.Connection, owner: Owner, name: str, value: Value, stamp: int) -> None:
        kind = self.traits[owner[0], name]
        row = {"subject_type": owner[0], "subject_id": owner[1], "name": name}
        values: dict[str, Any] = {"text": None if value is None else str(value)}
        values["changed_at"] = self._latest(stamp, *owner, name)
        values[COLUMNS[kind]] = float(value) if isinstance(value, bool | int) and kind is not FactType.TIME else value
        if kind is FactType.TIME and value is not None:
            values |= {"time": from_micros(value), "day": from_micros(value).date()}
        if kind is FactType.TEXT and value is not None:
            values["key"] = value.casefold()
        mine = sa.and_(*(t.trait.c[column] == given for column, given in row.items()))
        connection.execute(sa.delete(t.trait).where(mine))
        connection.execute(sa.insert(t.trait).values(**row, **values))

    def link(self, customer: str, account: str, *, live: bool, stamp: int) -> None:
        """Write that a customer came into an account, or left it."""
        at = self._latest(stamp, "member", customer, account)
        row = t.account_member.c
        key = {"customer_id": customer, "account_id": account, "role_key": "owner"}
        with writing(self.engine) as connection:
            connection.execute(sa.delete(t.account_member).where(*(row[name] == given for name, given in key.items())))
            values = {**key, "role": "owner", "changed_at": at, "removed_at": None if live else at}
            connection.execute(sa.insert(t.account_member).values(**values))

    def happen(self, world: World, customer: str, stamp: int) -> None:
        """Write the newest event of a customer, and what is kept of all of them."""
        event = world.events[customer][-1]
        with writing(self.engine) as connection:
            values: dict[str, Any] = {"customer_id": customer, "id": event.id, "name": event.name, "keys": event.keys}
            values |= {"at": from_micros(event.at), "received_at": from_micros(stamp)}
            connection.execute(sa.insert(t.event).values(**values))
            self._totals(connection, world, customer, event.name, stamp)
            self._seen(connection, world, customer)
            self._gaps(connection, world, customer)

    def _totals(self, connection: sa.Connection, world: World, customer: str, name: str, stamp: int) -> None:
        events = [one for one in world.events[customer] if one.name == name]
        first, last = min(one.at for one in events), max(one.at for one in events)
        learned = {at: from_micros(min(one.stamp for one in events if one.at == at)) for at in (first, last)}
        row = t.event_total.c
        connection.execute(sa.delete(t.event_total).where(row.customer_id == customer, row.name == name))
        values: dict[str, Any] = {"customer_id": customer, "name": name, "count": len(events)}
        values |= {"first_at": from_micros(first), "last_at": from_micros(last)}
        values["changed_at"] = self._latest(stamp, "event", customer, name)
        values |= {"first_changed_at": learned[first], "last_changed_at": learned[last]}
        connection.execute(sa.insert(t.event_total).values(**values))

    def _latest(self, stamp: int, *key: str) -> datetime:
        """Return the stamp of a row: the clock may go back, a stamp does not."""
        self.stamps[key] = max(self.stamps.get(key, stamp), stamp)
        return from_micros(self.stamps[key])

    def _seen(self, connection: sa.Connection, world: World, customer: str) -> None:
        last, stamp = world.last_seen(customer)
        assert last is not None
        values = {"last_seen_at": from_micros(last), "seen_changed_at": from_micros(stamp)}
        connection.execute(sa.update(t.customer).where(t.customer.c.id == customer).values(**values))

    def _gaps(self, connection: sa.Connection, world: World, customer: str) -> None:
        connection.execute(sa.delete(t.absence).where(t.absence.c.customer_id == customer))
        for gap in world.gaps(customer):
            values = {"from_at": from_micros(gap.start), "until_at": from_micros(gap.end)}
            values["changed_at"] = from_micros(gap.stamp)
            connection.execute(sa.insert(t.absence).values(customer_id=customer, **values))
