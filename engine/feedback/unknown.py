"""Feedback for messages that this database does not know: it was restored from a backup, or another one sent them.

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
TRUSTED = frozenset({"sendgrid"})
"""Providers that sign what they tell; anybody can write a bounce, and must not be able to stop mail by that."""
_SOON = frozenset({Kind.PROCESSED, Kind.DELIVERED, Kind.DEFERRED, Kind.DROPPED, Kind.BOUNCED, Kind.BLOCKED})
"""What comes soon after a mail was handed over; an open or a complaint may come a year later."""
log = structlog.get_logger("lifecycle")


def wonder(connection: sa.Connection, strangers: Sequence[Fact], *, shared: bool, now: datetime) -> None:
    """Warn of messages that were never made here, and stop the lanes of those who say that they were just sent.

    Nothing is stopped where the provider's account is `shared` with others.
    """
    if not strangers:
        return
    means = "the database was restored, or others send by this account (then set sendgrid_shared)"
    log.warning("feedback for unknown messages", events=len(strangers), first=strangers[0].send_id, means=means)
    for provider in () if shared else sorted({each.provider for each in strangers} & TRUSTED):
        seen = {each.send_id: each.at for each in strangers if each.provider == provider and each.kind in _SOON}
        outbox.unknown_send_ids(connection, provider, seen, now=now)
