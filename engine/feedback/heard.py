"""What one raw event says of a message, once it is understood: a kind, a time and a few details."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What can become of a mail after a provider took it; docs/feedback.md says what follows from each."""

    PROCESSED = "processed"
    DROPPED = "dropped"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    BLOCKED = "blocked"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One event about a message of ours; `at` is None where the event tells no time that can be read.

    `machine` says that the event itself tells that a program did it. `detail` holds short texts.
    """

    send_id: str
    kind: Kind
    at: datetime | None
    detail: Mapping[str, str] = field(default_factory=dict)
    machine: bool = False


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """An event that says nothing of a mail of ours; `outcome` says why."""

    outcome: str


NOT_OURS = Nothing(outcome="not ours")
_OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ADDRESS = re.compile(r"[^\s<>()\"',:;]+@[^\s<>()\"',:;]+")
_LONGEST = 500


def ours(send_id: object) -> bool:
    """Say whether this has the form of the ids that messages get (a UUID of version 5)."""
    return isinstance(send_id, str) and _OURS.fullmatch(send_id) is not None


def ours_in(text: str) -> str | None:
    """Return the first `<id@...` of our form in a text, which is how our Message-IDs begin."""
    found = re.search(rf"<({_OURS.pattern})@", text)
    return found[1] if found else None


def details(**given: object) -> dict[str, str]:
    """Return what there is of these as short texts without addresses: what is kept for good is nobody's data."""
    return {name: _ADDRESS.sub("(address)", plain(value)) for name, value in given.items() if value not in (None, "")}


def plain(value: object) -> str:
    """Return a value of somebody else's as a short text that is safe to print."""
    return "".join(each if each.isprintable() else " " for each in str(value)[:_LONGEST])
