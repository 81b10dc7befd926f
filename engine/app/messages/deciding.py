"""An operator's order about messages: first what it would do, then doing it, some hundred messages at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine import outbox
from engine.app.messages.choosing import Chosen, where
from engine.app.opened import App
from engine.db import reading, writing
from engine.errors import UsageError
from engine.models.tables import message
from engine.outbox import Decided, Order
from engine.releases.origin import author

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Meant:
    """The messages that are meant, by their whole ids, and what an order would do with them."""

    send_ids: tuple[str, ...]
    foreseen: Decided


def meant(app: App, order: Order, chosen: Chosen) -> Meant:
    """Return which messages an order is about and what it would do; nothing is changed.

    Filters without a status mean messages in the states that the order is about. Raises UsageError where neither an id
    nor a filter says which messages are meant.
    """
    if not chosen.anything:
        raise UsageError("which messages? name their ids, or filter by --rule, --status, --customer and others")
    now = app.clock.now()
    with reading(app.database) as connection:
        send_ids = _ids(connection, order, chosen)
        foreseen = _sum(outbox.foresee(connection, order, batch, now=now) for batch in _batches(send_ids))
    return Meant(send_ids=send_ids, foreseen=foreseen)


def decide(app: App, order: Order, send_ids: Sequence[str]) -> Decided:
    """Carry out an order; returns what it did, which may be less than was foreseen where messages went on meanwhile."""
    by, done = author(), []
    for batch in _batches(send_ids):
        with writing(app.database) as connection:
            done.append(outbox.carry_out(connection, order, batch, by=by, now=app.clock.now()))
    return _sum(done)


def _ids(connection: sa.Connection, order: Order, chosen: Chosen) -> tuple[str, ...]:
    conditions = list(where(connection, chosen))
    if not chosen.ids and chosen.status is None:
        conditions.append(message.c.status.in_(order.takes))
    ids = sa.select(message.c.send_id).where(*conditions).order_by(message.c.status_at.desc(), message.c.send_id)
    return tuple(connection.scalars(ids.limit(chosen.limit)))


def _batches(send_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(send_ids), BATCH):
        yield send_ids[start : start + BATCH]


def _sum(parts: Iterable[Decided]) -> Decided:
    moved, kept = Counter[str](), Counter[str]()
    for each in parts:
        moved.update(each.moved)
        kept.update(each.kept)
    return Decided(moved=moved, kept=kept)
