"""What databases say when something is wrong, in a sentence for an operator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from engine.db.connecting import BUSY_SECONDS
from engine.errors import CollisionError, DatabaseError


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Turn what the database says within the block into a DatabaseError of one sentence.

    Where the same may simply be done again, it is a CollisionError.
    """
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
            raise CollisionError(_explain(engine, str(error.orig))) from error
        raise DatabaseError(_explain(engine, str(error.orig))) from error
    except sa.exc.DatabaseError as error:
        if not any(re.search(known, str(error.orig)) for known, _ in _EXPLAINED):
            raise
        raise DatabaseError(_explain(engine, str(error.orig))) from error


_COLLISIONS = frozenset({"40P01", "40001"})
"""What PostgreSQL calls a deadlock, and transactions that cannot be put in an order."""
_EXPLAINED = (
    (r"deadlock detected|could not serialize", "undid this because another program was in its way; try again"),
    (
        r"no such (table|column)|(relation|column) \S+ does not exist",
        "has no up-to-date tables; run `lifecycle db upgrade`",
    ),
    (r"unable to open", "cannot be opened; run `lifecycle init`, or correct database_url"),
    (r"is not a database|malformed", "is not a sound SQLite database; correct database_url, or restore a backup"),
    (r"readonly database|read-only transaction", "may only be read; correct its permissions, or database_url"),
    (
        r"idle-in-transaction timeout",
        "ended what this program wrote, because it stood still; nothing was written: try again",
    ),
    (r"(lock|statement) timeout", "was kept waiting by another program for too long; nothing was written: try again"),
    (r"database \S+ does not exist", "does not exist; create it, then run `lifecycle db upgrade`"),
)
"""Words of the databases' own errors, and what they mean to an operator."""


def _explain(engine: sa.Engine, words: str) -> str:
    name = engine.url.render_as_string(hide_password=True)
    if "locked" in words or "busy" in words:
        return f"{name} was locked by another program for {BUSY_SECONDS} seconds; end it, or try again"
    meant = (meaning for known, meaning in _EXPLAINED if re.search(known, words))
    sentence = next(meant, "")
    return f"{name} {sentence}" if sentence else f"{name}: {words.strip().splitlines()[0]}"
