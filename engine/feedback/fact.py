"""One event about a message, joined to whom it was sent and of what topic it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.feedback.heard import Kind


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What becomes a row of `feedback`; whom it is about comes from the message, never from the event.

    `known` is false where this database has no such message.
    """

    event_id: str
    provider: str
    send_id: str
    kind: Kind
    at: datetime
    detail: Mapping[str, str]
    machine: bool
    known: bool
    address_hash: str | None
    customer_id: str | None
    topic: str | None

    def row(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "event_id": self.event_id,
            "send_id": self.send_id,
            "address_hash": self.address_hash,
            "kind": str(self.kind),
            "at": self.at,
            "machine": self.machine,
            "detail": dict(self.detail) or None,
        }
