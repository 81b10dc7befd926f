"""One row per address, locked by whoever decides whether a mail to it may leave.

A claim locks the rows of the addresses it would write to; everything that ends in "do not write to this address any
more" (suppression, consent, erasure, a change of address) locks the same row first. So no request starts after such
a no has been committed. On SQLite the write transaction itself is the lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from engine.db import insert_missing
from engine.models.tables import recipient


def ensure(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Make the rows that are not there yet; the order keeps two writers from waiting for each other."""
    if hashes:
        rows = [{"address_hash": each} for each in sorted(hashes)]
        connection.execute(insert_missing(connection, recipient), rows)


def lock(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Wait for and lock the rows of these addresses until the transaction ends, made first where missing."""
    if len(connection.execute(_rows(hashes).with_for_update()).all()) < len(set(hashes)):
        ensure(connection, hashes)
        connection.execute(_rows(hashes).with_for_update()).all()


def lock_free(connection: sa.Connection, hashes: Collection[str]) -> frozenset[str]:
    """Lock those of these rows that nobody holds, without waiting, and return them; messages came with their rows."""
    return frozenset(connection.scalars(_rows(hashes).with_for_update(skip_locked=True)))


def _rows(hashes: Iterable[str]) -> sa.Select[tuple[str]]:
    return (
        sa.select(recipient.c.address_hash).where(recipient.c.address_hash.in_(hashes)).order_by(*recipient.primary_key)
    )
