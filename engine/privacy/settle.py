"""The last step: the provider was told, nothing came in meanwhile, and what was in clear until now is gone too."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine import forgotten, outbox
from engine.db import writing
from engine.models.tables import erased
from engine.privacy.holdings import HOLDINGS
from engine.privacy.left import Left, as_row
from engine.privacy.snapshots import wait_for_older
from engine.privacy.sqlite import overwriting


def told(engine: sa.Engine, left: Left) -> None:
    """Note that the provider knows, so that it is not told again."""
    with writing(engine) as connection:
        overwriting(connection)
        row = as_row(left.names, provider=None)
        connection.execute(sa.update(erased).where(erased.c.id_hash == left.names.hash).values(left=row))


def settle(engine: sa.Engine, left: Left, *, now: datetime) -> None:
    """Forget the names of an erasure, once nothing can hold them any more.

    A rule that was judged while the customer was erased may have decided something since: that is taken out now. Raises
    DatabaseError where a program keeps a transaction open that is older than the erasure.
    """
    wait_for_older(engine)
    names = left.names
    with writing(engine) as connection:
        overwriting(connection)
        forgotten.shut(connection)
        outbox.erase(connection, names.id, secret=names.secret, now=now)
        for holding in (each for each in HOLDINGS if each.fate in {"deleted", "swept"}):
            connection.execute(sa.delete(holding.table).where(holding.whose(names)))
        mine = erased.c.id_hash.in_((names.hash, *names.alias_hashes))
        connection.execute(sa.update(erased).where(mine).values(left=sa.null()))
