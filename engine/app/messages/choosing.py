"""Which messages are meant: by their ids, or by what they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.errors import UsageError, did_you_mean
from engine.models.tables import message
from engine.outbox import Status
from engine.subjects import find_customer

STATUSES = tuple(str(status) for status in Status)
SHORTEST = 6


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """All that must hold of a message that is meant; what is None does not matter. `since` and `until` are inclusive.

    `customer` is an id or an address, `ids` are send ids or their first six characters or more.
    """

    ids: tuple[str, ...] = ()
    status: str | None = None
    rule: str | None = None
    customer: str | None = None
    topic: str | None = None
    template: str | None = None
    provider: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None

    @property
    def anything(self) -> bool:
        """Whether ids or filters say which messages are meant."""
        return self != Chosen(limit=self.limit)


def where(connection: sa.Connection, chosen: Chosen) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions of the messages that are meant.

    Raises UsageError for a status that does not exist or an id that names no or several messages, and LifecycleError
    for an unknown customer.
    """
    m = message.c
    if chosen.status is not None and chosen.status not in STATUSES:
        hint = did_you_mean(chosen.status, STATUSES) or f"one of {', '.join(STATUSES)}"
        raise UsageError(f"there is no status {chosen.status}; {hint}")
    person = None if chosen.customer is None else find_customer(connection, chosen.customer)
    wanted = (
        *((m.status, chosen.status), (m.rule, chosen.rule), (m.recipient_id, person)),
        *((m.topic, chosen.topic), (m.template, chosen.template), (m.provider, chosen.provider)),
    )
    conditions = [column == value for column, value in wanted if value is not None]
    conditions += [m.status_at >= chosen.since] if chosen.since else []
    conditions += [m.status_at <= chosen.until] if chosen.until else []
    conditions += [m.send_id.in_([whole_id(connection, each) for each in chosen.ids])] if chosen.ids else []
    return tuple(conditions)


def whole_id(connection: sa.Connection, beginning: str) -> str:
    """Return the id of the message that begins so; raises UsageError where that names none or several."""
    if len(beginning) < SHORTEST:
        raise UsageError(f"{beginning!r} is too short for the id of a message; give at least {SHORTEST} characters")
    begins = message.c.send_id.startswith(beginning.lower(), autoescape=True)
    found = connection.scalars(sa.select(message.c.send_id).where(begins).limit(2)).all()
    if len(found) == 1:
        return str(found[0])
    which = "several messages begin" if found else "no message begins"
    raise UsageError(f"{which} with {beginning}; `lifecycle outbox list` shows their ids")
