"""Memberships as stored: ended ones stay as tombstones, and each customer's one account for conditions is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from engine import forgotten
from engine.clock import Clock
from engine.intake.bulk import Upsert, given, latest, with_rows
from engine.intake.fact_store import WRITE_CHANGES
from engine.intake.member_rows import Membership
from engine.intake.stamp import learning
from engine.intake.taken import Taken
from engine.models.tables import account, account_member, customer

Key = tuple[str, str, str]

_CREATE_ACCOUNTS = Upsert(table=account, columns=("id", "created_at", "changed_at"))
_CREATE_CUSTOMERS = Upsert(table=customer, columns=("id", "created_at", "changed_at"))
_WRITE_MEMBERS = Upsert(
    table=account_member,
    columns=("customer_id", "account_id", "role_key", "role", "changed_at", "removed_at"),
    update=lambda new: {"changed_at": latest(account_member, new), "removed_at": new.removed_at},
)
_WRITE_ACCOUNT_ID = Upsert(
    table=customer,
    columns=("id", "account_id", "created_at", "changed_at"),
    update=lambda new: {"account_id": new.account_id, "changed_at": latest(customer, new)},
)
_ids, (_id,) = given(str)
_given_ids = sa.select(_id).select_from(_ids)
_CUSTOMERS = (
    sa.select(customer.c.id, customer.c.account_id)
    .where(customer.c.id.in_(_given_ids))
    .order_by(customer.c.id)
    .with_for_update()
)
_MEMBERS = sa.select(
    account_member.c.customer_id,
    account_member.c.account_id,
    account_member.c.role_key,
    sa.type_coerce(account_member.c.removed_at, sa.BigInteger),
).where(account_member.c.customer_id.in_(_given_ids))


class _Held(NamedTuple):
    """A membership as stored: when it ended, None while it lasts."""

    removed_at: int | None


def store(engine: sa.Engine, said: Sequence[Membership], *, clock: Clock, secret: str) -> Taken:
    """Store a batch of memberships, each key once, in one transaction; return what was taken.

    `secret` is the key of the hashes of erased ids.
    """
    with learning(engine, clock) as (connection, learned):
        gone = forgotten.erased_among(connection, {row.customer_id for row in said}, secret)
        said = [row for row in said if row.customer_id not in gone]
        accounts = _lock(connection, said, learned)
        held = _held(connection, accounts)
        changed = [row for row in said if _differs(row, held.get(row.key))]
        ends = {row.key: (row.removed_at or learned) if row.removed else None for row in changed}
        rows = [(*row.key, row.role, learned, ends[row.key]) for row in changed]
        _WRITE_MEMBERS(connection, rows)
        _keep_accounts(connection, accounts, held | {key: _Held(end) for key, end in ends.items()}, learned)
    return Taken(len(changed), gone)


def _lock(connection: sa.Connection, said: Iterable[Membership], learned: int) -> dict[str, str | None]:
    """Create the accounts and customers that are missing, lock the customers and return the account of each."""
    accounts, customers = {row.account_id for row in said}, {row.customer_id for row in said}
    _CREATE_ACCOUNTS(connection, [(id_, learned, learned) for id_ in sorted(accounts)])
    _CREATE_CUSTOMERS(connection, [(id_, learned, learned) for id_ in sorted(customers)])
    return dict(with_rows(connection, _CUSTOMERS, [(id_,) for id_ in sorted(customers)]).tuples().all())


def _held(connection: sa.Connection, customers: Iterable[str]) -> dict[Key, _Held]:
    found = with_rows(connection, _MEMBERS, [(id_,) for id_ in customers])
    return {(who, where, role): _Held(removed_at) for who, where, role, removed_at in found}


def _differs(said: Membership, held: _Held | None) -> bool:
    """Tell whether a row says something new; an end without a time is none for what has already ended."""
    if held is None or said.removed != (held.removed_at is not None):
        return True
    return said.removed_at is not None and said.removed_at != held.removed_at


def _keep_accounts(
    connection: sa.Connection, now: Mapping[str, str | None], members: Mapping[Key, _Held], learned: int
) -> None:
    """Keep the lowest account a customer is in as the one that conditions read."""
    lowest: dict[str, str] = {}
    for (who, where, _), held in members.items():
        if held.removed_at is None:
            lowest[who] = min(where, lowest.get(who, where))
    moved = [(who, old, lowest.get(who)) for who, old in now.items() if old != lowest.get(who)]
    _WRITE_ACCOUNT_ID(connection, [(who, new, learned, learned) for who, _, new in moved])
    WRITE_CHANGES(connection, [("customer", who, "account_id", learned, learned, old, new) for who, old, new in moved])
