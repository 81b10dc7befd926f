"""Stored customers that a few letters may mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from engine.facts import text_key
from engine.models.tables import customer

MOST = 12
LOOKED_AT = 20_000
"""How many customers are shown, and among how many of them names are looked for, since names have no index."""
_LAST = "\U0010ffff"


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A customer as one chooses among them."""

    id: str
    name: str
    email: str | None = None


def search(connection: sa.Connection, words: str) -> tuple[Somebody, ...]:
    """Return customers whose id, address, first or last name begins with the words; without words the first ones."""
    found: dict[str, Somebody] = {}
    for chosen in _ways(words.strip()):
        for row in connection.execute(chosen.limit(MOST)):
            name = " ".join(filter(None, (row.first_name, row.last_name)))
            found.setdefault(row.id, Somebody(id=row.id, name=name, email=row.email))
        if len(found) >= MOST:
            break
    return tuple(found.values())[:MOST]


def _ways(words: str) -> Iterator[sa.Select[tuple[str, str | None, str | None, str | None]]]:
    c = customer.c
    shown = sa.select(c.id, c.email, c.first_name, c.last_name)
    if not words:
        yield shown.order_by(c.id)
        return
    key = text_key(words)
    yield shown.where(c.id >= words, c.id < words + _LAST).order_by(c.id)
    yield shown.where(c.email_key >= key, c.email_key < key + _LAST).order_by(c.email_key, c.id)
    some = sa.select(c.id, c.email, c.first_name, c.last_name, c.first_name_key, c.last_name_key)
    few = some.order_by(c.id).limit(LOOKED_AT).subquery()
    whole = few.c.first_name_key + " " + few.c.last_name_key
    named = [
        sa.and_(column >= key, column < key + _LAST) for column in (few.c.first_name_key, few.c.last_name_key, whole)
    ]
    yield sa.select(few.c.id, few.c.email, few.c.first_name, few.c.last_name).where(sa.or_(*named)).order_by(few.c.id)
