"""Addresses that get no mail any more, of a topic or of any: kept as keyed hashes, each change in the audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import recipients
from engine.db import Straight, among, insert_missing, reading, writing
from engine.hashing import address_hash
from engine.models.tables import audit, suppression
from engine.policy import ANY_TOPIC

BY_CONSENT, BY_SOFT_BOUNCES = "consent", "soft bounces"
LIFTED_AGAIN = frozenset({BY_CONSENT, BY_SOFT_BOUNCES})
"""Sources whose suppressions something else than an operator lifts; a no of any other takes their place."""
_OF_THESE = Straight(
    sa.select(suppression.c.address_hash, suppression.c.scope, suppression.c.reason).where(
        among(suppression.c.address_hash, "hashes")
    )
)
_LIFTED_AGAIN = sa.select(suppression.c.address_hash, suppression.c.scope).where(
    among(suppression.c.address_hash, "hashes"), suppression.c.source.in_(LIFTED_AGAIN)
)


@dataclass(frozen=True, kw_only=True)
class Suppressed:
    """One address that gets no mail of `scope` (a topic, or `*`); `address` is None where only the hash is kept."""

    address_hash: str
    address: str | None
    scope: str
    reason: str
    source: str
    at: datetime


def add(
    engine: sa.Engine,
    address: str,
    *,
    secret: str,
    reason: str,
    now: datetime,
    scope: str = ANY_TOPIC,
    source: str = "operator",
    actor: str = "operator",
) -> bool:
    """Write to this address no more; returns whether that is new. Once this returns, no request to it starts."""
    key = address_hash(address, secret)
    row = {"address_hash": key, "scope": scope, "address": address, "reason": reason, "source": source, "at": now}
    with writing(engine) as connection:
        recipients.lock(connection, [key])
        return put(connection, row, actor=actor)


def remove(
    engine: sa.Engine, address: str, *, secret: str, now: datetime, scope: str = ANY_TOPIC, actor: str = "operator"
) -> bool:
    """Allow mail to this address again; returns whether it was suppressed."""
    key = address_hash(address, secret)
    with writing(engine) as connection:
        recipients.lock(connection, [key])
        return lift(connection, key, scope, actor=actor, now=now)


def put(connection: sa.Connection, row: Mapping[str, Any], *, actor: str) -> bool:
    """Suppress an address within a transaction that holds its lock; returns whether that is new."""
    key, scope = row["address_hash"], row["scope"]
    _give_way(connection, [Suppressed(**{"address": None, **row})], actor=actor, now=row["at"])
    if connection.execute(_of(key, scope)).first():
        return False
    connection.execute(insert_missing(connection, suppression), row)
    _note(connection, "suppress", key, scope, actor=actor, now=row["at"], reason=row["reason"])
    return True


def put_all(connection: sa.Connection, rows: Collection[Suppressed], *, actor: str, now: datetime) -> int:
    """Suppress many addresses within a transaction, each locked first; returns how many of them are new."""
    hashes = {row.address_hash for row in rows}
    recipients.lock(connection, hashes)
    _give_way(connection, rows, actor=actor, now=now)
    known = {(key, scope) for key, scopes in of(connection, hashes).items() for scope in scopes}
    new = {(row.address_hash, row.scope): row for row in reversed(list(rows))}
    new = {key: row for key, row in new.items() if key not in known}
    if new:
        connection.execute(insert_missing(connection, suppression), [asdict(row) for row in new.values()])
        connection.execute(sa.insert(audit), [_noted("suppress", *key, actor, now, new[key].reason) for key in new])
    return len(new)


def lift(
    connection: sa.Connection, key: str, scope: str, *, actor: str, now: datetime, source: str | None = None
) -> bool:
    """Take back a suppression, of this source alone where one is named, within a transaction that holds the lock.

    Returns whether there was one.
    """
    chosen = sa.and_(suppression.c.address_hash == key, suppression.c.scope == scope)
    if source is not None:
        chosen = sa.and_(chosen, suppression.c.source == source)
    if not connection.execute(sa.delete(suppression).where(chosen)).rowcount:
        return False
    _note(connection, "unsuppress", key, scope, actor=actor, now=now)
    return True


def list_all(engine: sa.Engine) -> tuple[Suppressed, ...]:
    """Return every suppression, the newest first."""
    order = (suppression.c.at.desc(), suppression.c.address_hash, suppression.c.scope)
    with reading(engine) as connection:
        return tuple(
            Suppressed(**row) for row in connection.execute(sa.select(suppression).order_by(*order)).mappings()
        )


def of(connection: sa.Connection, hashes: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """Return, for those of these addresses that are suppressed, the reason by scope."""
    found: dict[str, dict[str, str]] = {}
    for address_hash_, scope, reason in _OF_THESE.rows(connection, {"hashes": sorted(hashes)}):
        found.setdefault(address_hash_, {})[scope] = reason
    return found


def _give_way(connection: sa.Connection, rows: Collection[Suppressed], *, actor: str, now: datetime) -> None:
    """Lift what could be lifted again, where something comes in its place that nothing lifts by itself."""
    lasting = {(row.address_hash, row.scope) for row in rows if row.source not in LIFTED_AGAIN}
    hashes = sorted({key for key, _ in lasting})
    for key, scope in connection.execute(_LIFTED_AGAIN, {"hashes": hashes}).all() if lasting else ():
        if (key, scope) in lasting:
            lift(connection, key, scope, actor=actor, now=now)


def _of(key: str, scope: str) -> sa.Select[tuple[str]]:
    chosen = sa.and_(suppression.c.address_hash == key, suppression.c.scope == scope)
    return sa.select(suppression.c.address_hash).where(chosen)


def _note(
    connection: sa.Connection,
    action: str,
    key: str,
    scope: str,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    connection.execute(sa.insert(audit).values(**_noted(action, key, scope, actor, now, reason)))


def _noted(action: str, key: str, scope: str, actor: str, now: datetime, reason: str | None) -> dict[str, Any]:  # noqa: PLR0917 (a row of the audit)
    return {
        "at": now,
        "actor": actor,
        "action": action,
        "detail": {"address_hash": key, "scope": scope, "reason": reason},
    }
