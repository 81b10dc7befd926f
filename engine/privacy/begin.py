"""The first step of an erasure, in one transaction: from its commit on no mail leaves, and nothing comes back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine import forgotten, outbox, recipients
from engine.db import insert_missing, writing
from engine.models.tables import account, account_member, audit, customer, erased, suppression
from engine.privacy.holdings import HOLDINGS
from engine.privacy.left import Left, as_row
from engine.privacy.mentions import GONE, rows_of, strip_audit, strip_feedback, strip_provider_event
from engine.privacy.names import Names, names_of
from engine.privacy.nos import keep_nos
from engine.privacy.sqlite import overwriting


def begin(engine: sa.Engine, id_: str, *, secret: str, provider: str | None, now: datetime, actor: str) -> Left:
    """Erase the customer itself, end what waits for it, and remember what is still to be swept away.

    It waits for imports under way and for claims on the addresses, as whoever says no does. `provider` is who has to
    erase too, None where nobody has.
    """
    with writing(engine) as connection:
        overwriting(connection)
        forgotten.shut(connection)
        connection.execute(sa.select(customer.c.id).where(customer.c.id == id_).with_for_update())
        names = names_of(connection, id_, secret)
        recipients.lock(connection, names.address_hashes)
        _strip(connection, names, now)
        outbox.erase(connection, id_, secret=secret, now=now)
        _touch_accounts(connection, names, now)
        for holding in (each for each in HOLDINGS if each.fate == "deleted"):
            connection.execute(sa.delete(holding.table).where(holding.whose(names)))
        _remember(connection, names, provider=provider, now=now)
        detail = {"id_hash": names.hash}
        connection.execute(sa.insert(audit).values(at=now, actor=actor, action="erase customer", detail=detail))
    return Left(names=names, at=now, provider=provider)


def _strip(connection: sa.Connection, names: Names, now: datetime) -> None:
    """Take what is personal out of rows that stay: who is suppressed is known by the hash from now on."""
    of = {holding.section: holding for holding in HOLDINGS}
    for row in list(rows_of(connection, of["provider_events"], names)):
        strip_provider_event(connection, row, now)
    for row in list(rows_of(connection, of["audit"], names)):
        strip_audit(connection, row, names)
    keep_nos(connection, names)
    for row in list(rows_of(connection, of["feedback"], names)):
        strip_feedback(connection, row)
    nobody = sa.update(suppression).where(of["suppressions"].whose(names))
    connection.execute(nobody.values(address=None))
    by_hand = sa.and_(of["suppressions"].whose(names), suppression.c.source == "operator")
    connection.execute(sa.update(suppression).where(by_hand).values(reason=GONE))


def _touch_accounts(connection: sa.Connection, names: Names, now: datetime) -> None:
    """Let the rules of an account look at it again: it has a person less."""
    mine = sa.select(account_member.c.account_id).where(account_member.c.customer_id == names.id)
    connection.execute(sa.update(account).where(account.c.id.in_(mine)).values(changed_at=now))


def _remember(connection: sa.Connection, names: Names, *, provider: str | None, now: datetime) -> None:
    """Remember the hashes of all names; the first row holds in clear what is left to do."""
    aliases = [{"id_hash": each, "at": now, "left": sa.null()} for each in names.alias_hashes]
    mine = {"id_hash": names.hash, "at": now, "left": as_row(names, provider=provider)}
    connection.execute(insert_missing(connection, erased).values(mine))
    for row in aliases:
        connection.execute(insert_missing(connection, erased).values(row))
