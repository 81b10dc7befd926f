"""Gives up an address for all topics because of what became of a mail to it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine import suppression
from engine.feedback.fact import Fact
from engine.models.tables import message_content
from engine.policy import ANY_TOPIC


def suppress(connection: sa.Connection, each: Fact, *, reason: str, source: str, now: datetime) -> bool:
    """Write no more to whom this mail was sent, within a transaction that holds the lock; returns whether it is new.

    The address is kept beside its hash, so that an operator sees whom it is about; an erasure takes it away.
    """
    sent_to = sa.select(message_content.c.recipient).where(message_content.c.send_id == each.send_id)
    row = {
        "address_hash": each.address_hash,
        "scope": ANY_TOPIC,
        "address": connection.scalar(sent_to),
        "reason": reason,
        "source": source,
        "at": now,
    }
    return suppression.put(connection, row, actor=source)
