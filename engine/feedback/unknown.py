"""Feedback for messages that this database does not know: another database's, or this one was restored.

It is stored all the same: ids of messages are the same after a restored backup, so a message that is made anew finds
here that it was sent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from engine.feedback.fact import Fact

UNKNOWN = "unknown message"
log = structlog.get_logger("lifecycle")


def tell(connection: sa.Connection, strangers: Sequence[Fact], *, now: datetime) -> None:  # noqa: ARG001 (the witness)
    """Warn of messages that were never made here."""
    if strangers:
        log.warning("feedback for unknown messages", events=len(strangers), first=strangers[0].send_id)
