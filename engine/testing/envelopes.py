"""Envelopes to try providers with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from engine.providers.base import Envelope, Mailbox

HOSTILE = (
    "Ana\r\nBcc: evil@example.com",
    "=?utf-8?q?x=0D=0ABcc=3A_evil=40example=2Ecom?=",
    "Åsa\n\nThis is the body now",
    'Ana" <evil@example.com>, "b',
    "a\x00b\x1bc\u2028Bcc: evil@example.com",
    "; drop, (comment) \\ \"quoted\" 'x' <b@c.example>",
    "字" * 200,
    "x" * 1200,
    "\u202eevil",
)
"""Names and subjects that have broken mail programs."""


def an_envelope(
    number: int = 0, *, subject: str = "Welcome, Ana", name: str = "Ana", headers: Mapping[str, str] | None = None
) -> Envelope:
    """Return a complete mail to ana<number>@example.com."""
    send_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number)))
    return Envelope(
        send_id=send_id,
        sender=Mailbox(address="hello@acme.test", name="Acme"),
        recipient=Mailbox(address=f"ana{number}@example.com", name=name),
        reply_to=Mailbox(address="help@acme.test"),
        subject=subject,
        text="Hi Ana,\n.a line that begins with a dot\nfrom = to; å 字 🎉\n",
        html="<p>Hi Ana, å 字 🎉</p>\n<p>.dot</p>" + "<p>many words in one line </p>" * 50,
        date=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        headers={"Message-ID": f"<{send_id}@acme.test>", **(headers or {})},
        topic="billing",
        template="welcome",
    )
