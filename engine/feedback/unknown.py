"""Feedback for messages that this database does not know: it was restored from a backup, or another one sent them.

It is stored all the same: ids of messages are the same after a restored backup, so a message that is made anew finds
here that it was sent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from engine import witness
from engine.feedback.fact import Fact
from engine.outbox.lanes import ENGINE, RESTORED, stop, stopped

UNKNOWN = "unknown message"
TRUSTED = frozenset({"sendgrid"})
"""Providers that sign what they tell; anybody can write a bounce, and must not be able to stop mail by that."""
LATE = timedelta(days=30)
"""How long after a declared restoration people still open mail that the database has forgotten."""
log = structlog.get_logger("lifecycle")


def wonder(connection: sa.Connection, strangers: Sequence[Fact], *, shared: bool, now: datetime) -> None:
    """Warn of messages that were never made here, and stop their provider's lane: this database knows less than it did.

    Not where the account is `shared` with others, nor soon after a restoration was declared.
    """
    if not strangers:
        return
    means = "the database was restored, or others send by this account (then set sendgrid_shared)"
    log.warning("feedback for unknown messages", events=len(strangers), first=strangers[0].send_id, means=means)
    declared = any(now <= span.until_at + LATE for span in witness.spans(connection))
    names = set() if shared or declared else {each.provider for each in strangers} & TRUSTED
    for name in sorted(names):
        if stopped(connection, name) is None:
            stop(connection, name, reason=RESTORED, by=ENGINE, now=now)
