"""What follows from feedback: who gets no mail any more, and what people said about a topic.

Every address that is touched is locked before, so that no request starts once any of this has committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from engine.feedback import soft, wishes
from engine.feedback.fact import Fact
from engine.feedback.heard import Kind
from engine.feedback.severity import Severity
from engine.feedback.suppressing import suppress

SUPPRESSED = "address suppressed"
SUPPRESSED_ALREADY = "address suppressed before"


def follow(connection: sa.Connection, fresh: Sequence[Fact], *, secret: str, now: datetime) -> Mapping[str, str]:
    """Do what follows from new facts; returns, by event, what that was where anything followed."""
    known = [each for each in fresh if each.known and each.address_hash]
    told = {each.event_id: _suppress(connection, each, why, now) for each in known if (why := _for_good(each))}
    return {**told, **soft.follow(connection, known, now=now), **wishes.follow(connection, known, secret=secret)}


def _for_good(each: Fact) -> str | None:
    """Return why this address gets no mail any more, if it does not."""
    gone = each.kind is Kind.BOUNCED and each.detail.get("severity") == Severity.HARD
    return "hard bounce" if gone else _FOR_GOOD.get(each.kind)


_FOR_GOOD: Mapping[Kind, str] = {Kind.COMPLAINED: "complaint"}


def _suppress(connection: sa.Connection, each: Fact, reason: str, now: datetime) -> str:
    """Suppress an address for all topics."""
    new = suppress(connection, each, reason=reason, source=each.provider, now=now)
    return SUPPRESSED if new else SUPPRESSED_ALREADY
