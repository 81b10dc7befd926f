"""Erasures under way: what of each is still to be done, in clear until it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.facts import text_key
from engine.models.tables import erased
from engine.privacy.names import Names


@dataclass(frozen=True, kw_only=True)
class Left:
    """An erasure that has begun: no mail leaves any more; `provider` is who has still to be told, or None."""

    names: Names
    at: datetime
    provider: str | None = None


def as_row(names: Names, *, provider: str | None) -> Mapping[str, Any]:
    """Return what an erasure under way must remember."""
    return {"id": names.id, "aliases": names.aliases, "addresses": names.addresses, "provider": provider}


def unsettled(connection: sa.Connection, secret: str) -> tuple[Left, ...]:
    """Return the erasures of which something is still to be done, the oldest first."""
    return tuple(_read(connection, secret))


def _read(connection: sa.Connection, secret: str) -> Iterator[Left]:
    chosen = sa.select(erased).where(erased.c.left.is_not(sa.null()))
    for row in connection.execute(chosen.order_by(erased.c.at, erased.c.id_hash)).mappings():
        said = row["left"]
        names = Names(id=said["id"], aliases=tuple(said["aliases"]), addresses=tuple(said["addresses"]), secret=secret)
        yield Left(names=names, at=row["at"], provider=said["provider"])


def left_of(connection: sa.Connection, name: str, secret: str) -> Left | None:
    """Return the erasure under way of the customer whom an id, another name or an address names."""
    return next((left for left in unsettled(connection, secret) if _is_meant(left.names, name)), None)


def _is_meant(names: Names, name: str) -> bool:
    return name in {names.id, *names.aliases} or text_key(name) in map(text_key, names.addresses)
