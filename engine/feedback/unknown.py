"""Feedback for messages that this database does not know: another database's, or this one was restored.

The lane of its provider stops, since a restored database would send again what it forgot. What was said is stored all
the same: ids of messages are the same after a restored backup, so a message that is made anew finds here that it was
sent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from engine import outbox
from engine.feedback.fact import Fact
from engine.feedback.heard import Kind

UNKNOWN = "unknown message"
_SIGNED = frozenset({"sendgrid"})
"""Whose word stops a lane: anybody can send a bounce by mail, with an id that nobody gave out."""
_SOON = frozenset({Kind.PROCESSED, Kind.DELIVERED, Kind.DEFERRED, Kind.DROPPED, Kind.BOUNCED, Kind.BLOCKED})
"""What comes soon after a mail was handed over; an open or a complaint may come a year later."""
log = structlog.get_logger("lifecycle")


def tell(connection: sa.Connection, strangers: Sequence[Fact], *, now: datetime) -> None:
    """Warn of messages that were never made here, and stop the lanes of those who say that they were just sent."""
    if not strangers:
        return
    log.warning("feedback for unknown messages", events=len(strangers), first=strangers[0].send_id)
    for provider in sorted({each.provider for each in strangers} & _SIGNED):
        seen = {each.send_id: each.at for each in strangers if each.provider == provider and each.kind in _SOON}
        outbox.unknown_send_ids(connection, provider, seen, now=now)
