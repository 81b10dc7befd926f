"""What an event of SendGrid's webhook says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.clock import EPOCH
from engine.feedback.heard import NOT_OURS, Heard, Kind, Nothing, details, ours, plain
from engine.feedback.severity import severity

Payload = Mapping[str, Any]
OURS = "lc_send_id"
KINDS: Mapping[str, Kind] = {
    "processed": Kind.PROCESSED,
    "dropped": Kind.DROPPED,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "bounce": Kind.BOUNCED,
    "blocked": Kind.BLOCKED,
    "open": Kind.OPENED,
    "click": Kind.CLICKED,
    "spamreport": Kind.COMPLAINED,
    "unsubscribe": Kind.UNSUBSCRIBED,
    "group_unsubscribe": Kind.UNSUBSCRIBED,
    "group_resubscribe": Kind.RESUBSCRIBED,
}
"""SendGrid's words and ours; a `bounce` of the type `blocked` is one of ours by itself."""


def read(payload: Payload) -> Heard | Nothing:
    """Return what an event says; the address it names is not believed, only our own id."""
    send_id = payload.get(OURS)
    if not ours(send_id):
        return NOT_OURS
    name = str(payload.get("event"))
    kind = KINDS.get("blocked" if name == "bounce" and payload.get("type") == "blocked" else name)
    if kind is None:
        return Nothing(outcome=f"unknown event {plain(name)[:100]}")
    return Heard(
        send_id=str(send_id),
        kind=kind,
        at=_at(payload.get("timestamp")),
        detail=_DETAILS.get(kind, _plain)(payload),
        machine=kind is Kind.OPENED and payload.get("sg_machine_open") is True,
    )


def _at(timestamp: object) -> datetime | None:
    """Read seconds since 1970."""
    try:
        return EPOCH + timedelta(seconds=float(str(timestamp)))
    except (ValueError, OverflowError):
        return None


def _plain(payload: Payload) -> dict[str, str]:
    return details(words=payload.get("reason") or payload.get("response"), attempt=payload.get("attempt"))


def _bounced(payload: Payload) -> dict[str, str]:
    told = {"status": payload.get("status"), "classification": payload.get("bounce_classification")}
    texts = details(**told, words=payload.get("reason"))
    found = severity(classification=texts.get("classification"), status=texts.get("status"), words=texts.get("words"))
    return texts | {"severity": str(found)}


def _seen(payload: Payload) -> dict[str, str]:
    return details(url=payload.get("url"), agent=payload.get("useragent"))


_DETAILS: Mapping[Kind, Callable[[Payload], dict[str, str]]] = {
    Kind.BOUNCED: _bounced,
    Kind.OPENED: _seen,
    Kind.CLICKED: _seen,
}
