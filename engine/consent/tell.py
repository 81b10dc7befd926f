"""Many answers at once, as another system has kept them: each with the time at which it was given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine import recipients, suppression
from engine.consent.log import SOURCE, UNSUBSCRIBED, Said, latest, record, waiting
from engine.models.tables import consent
from engine.suppression import Suppressed

Row = tuple[str, Said]


def tell(connection: sa.Connection, rows: Sequence[Row], addresses: Mapping[str, str], *, now: datetime) -> int:
    """Write down what customers said at other times; returns how many of the rows are new.

    `addresses` holds the keyed hash of each customer's present address. Where a new row is the last word on its
    topic, the address is suppressed or freed as by `say`; an older one is history.
    """
    ids = {customer_id for customer_id, _ in rows}
    hashes = {addresses[id_] for id_ in ids if id_ in addresses}
    recipients.lock(connection, hashes | waiting(connection, ids))
    there = _there(connection, ids)
    new = {(id_, said.topic, said.at): (id_, said) for id_, said in reversed(rows)}
    new = {key: row for key, row in new.items() if key not in there}
    record(connection, list(new.values()))
    last = latest(connection, ids)
    counting = [(id_, said) for id_, said in new.values() if last[id_][said.topic] == said and id_ in addresses]
    _follow(connection, counting, addresses, now=now)
    return len(new)


def _there(connection: sa.Connection, ids: Collection[str]) -> set[tuple[str, str, datetime]]:
    columns = (consent.c.customer_id, consent.c.topic, consent.c.at)
    return {tuple(row) for row in connection.execute(sa.select(*columns).where(consent.c.customer_id.in_(ids)))}


def _follow(connection: sa.Connection, rows: Sequence[Row], addresses: Mapping[str, str], *, now: datetime) -> None:
    suppression.put_all(connection, list(_refusals(rows, addresses)), actor=SOURCE, now=now)
    for customer_id, said in rows:
        if said.state == "yes":
            suppression.lift(connection, addresses[customer_id], said.topic, actor=SOURCE, now=now, source=SOURCE)


def _refusals(rows: Sequence[Row], addresses: Mapping[str, str]) -> Iterator[Suppressed]:
    for customer_id, said in rows:
        if said.state == "no":
            yield Suppressed(
                address_hash=addresses[customer_id],
                address=None,
                scope=said.topic,
                reason=UNSUBSCRIBED,
                source=SOURCE,
                at=said.at,
            )
