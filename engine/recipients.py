"""One row per address, locked by whoever decides whether a mail to it may leave.

A claim locks the rows of the addresses it would write to; everything that ends in "do not write to this address any
more" (suppression, consent, erasure, a change of address) locks the same row first. So no request starts after such
a no has been committed. On SQLite the write transaction itself is the lock, and nothing is asked for one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from engine.db import Straight, among, insert_missing
from engine.models.tables import recipient

_THESE = among(recipient.c.address_hash, "hashes")
_ROWS = sa.select(recipient.c.address_hash).where(_THESE).order_by(recipient.c.address_hash)
_LOCKED, _FREE = Straight(_ROWS.with_for_update()), Straight(_ROWS.with_for_update(skip_locked=True))


def ensure(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Make the rows that are not there yet; the order keeps two writers from waiting for each other."""
    if hashes:
        rows = [{"address_hash": each} for each in sorted(hashes)]
        connection.execute(insert_missing(connection, recipient), rows)


def lock(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Wait for and lock the rows of these addresses until the transaction ends, made first where missing."""
    wanted = set(hashes)
    if wanted and len(_locked(connection, _LOCKED, wanted)) < len(wanted):
        ensure(connection, hashes)
        _locked(connection, _LOCKED, wanted)


def hold(connection: sa.Connection, hashes: Collection[str]) -> None:
    """Wait for and lock the rows of addresses to which there are messages: they are there since the messages are."""
    if connection.dialect.name != "sqlite":
        _locked(connection, _LOCKED, hashes)


def lock_free(connection: sa.Connection, hashes: Collection[str]) -> frozenset[str]:
    """Lock those of these rows that nobody holds, without waiting, and return them; messages came with their rows."""
    return frozenset(hashes if connection.dialect.name == "sqlite" else _locked(connection, _FREE, hashes))


def _locked(connection: sa.Connection, rows: Straight, hashes: Collection[str]) -> Sequence[str]:
    return [address_hash for (address_hash,) in rows.rows(connection, {"hashes": sorted(hashes)})]
