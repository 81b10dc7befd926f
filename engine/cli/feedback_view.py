"""What became of a sent mail, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.cli import output

WORDS: Mapping[str, str] = {
    "processed": "taken over by the provider",
    "dropped": "dropped by the provider, not sent",
    "deferred": "put off by the receiver, to be tried again",
    "delivered": "delivered",
    "bounced": "came back",
    "blocked": "refused by the receiver for now",
    "opened": "opened",
    "clicked": "a link was clicked",
    "complained": "reported as spam",
    "unsubscribed": "unsubscribed from its topic",
    "resubscribed": "subscribed to its topic again",
}
SEVERITIES: Mapping[str, str] = {
    "hard": "the address does not exist",
    "soft": "counts against the address",
    "excused": "says nothing about the address",
}


def show_feedback(rows: Sequence[Mapping[str, Any]], zone: str) -> None:
    """Print what became of a message, in the order it happened."""
    if not rows:
        return
    output.heading("What became of it")
    told = sorted(rows, key=lambda row: (row["at"], list(WORDS).index(row["kind"]), row["event_id"]))
    output.table(("when", "what", "details"), [_row(row, zone) for row in told])


def _row(row: Mapping[str, Any], zone: str) -> tuple[output.Cell, ...]:
    what = WORDS.get(row["kind"], row["kind"]) + (", by a program" if row["machine"] else "")
    return output.when(row["at"], zone), what, _details(row["detail"] or {})


def _details(detail: Mapping[str, Any]) -> str:
    meant = SEVERITIES.get(str(detail.get("severity")))
    return "; ".join(str(each) for each in (meant, detail.get("words"), detail.get("url")) if each)
