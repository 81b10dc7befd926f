"""Events as SendGrid's Event Webhook sends them, and the signature it puts on a batch of them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.clock import to_micros

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_SEEN = {"useragent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Firefox/133.0", "ip": "203.0.113.7"}
_SPOKEN = {"ip": "198.51.100.9", "tls": 1}
_NO_SUCH_USER = "550 5.1.1 The email account that you tried to reach does not exist."
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "processed": {},
    "dropped": {"reason": "Bounced Address", "status": "5.0.0"},
    "deferred": {"response": "450 4.2.1 try again later", "attempt": "2", "domain": "example.com", **_SPOKEN},
    "delivered": {"response": "250 2.0.0 OK", **_SPOKEN},
    "bounce": {
        "type": "bounce",
        "bounce_classification": "Invalid Address",
        "status": "5.1.1",
        "reason": _NO_SUCH_USER,
        **_SPOKEN,
    },
    "blocked": {
        "type": "blocked",
        "bounce_classification": "Reputation",
        "status": "5.7.1",
        "reason": "550 5.7.1 blocked by our policy",
        **_SPOKEN,
    },
    "open": {"sg_machine_open": False, "sg_content_type": "html", **_SEEN},
    "click": {"url": "https://acme.test/boards", "url_offset": {"index": 0, "type": "html"}, **_SEEN},
    "spamreport": {},
    "unsubscribe": {},
    "group_unsubscribe": {"asm_group_id": 10, "url": "https://acme.test/leave", **_SEEN},
    "group_resubscribe": {"asm_group_id": 10, "url": "https://acme.test/stay", **_SEEN},
}
"""Every kind of event with the fields of its own; `blocked` is a `bounce` of that type."""


def an_event(
    kind: str,
    send_id: str | None,
    *,
    at: datetime,
    number: int = 0,
    email: str = "ana@example.com",
    message_id: bool = True,
    **more: object,
) -> dict[str, Any]:
    """Return one event about a message; the same arguments give the same `sg_event_id`.

    `number` tells events of one kind apart. Without `message_id` it is like an asynchronous bounce, which has neither
    `sg_message_id` nor `smtp-id`; without `send_id` it is about mail of somebody else on the same account.
    """
    ids = {"smtp-id": f"<{_id('smtp', send_id)}@ismtpd>", "sg_message_id": f"{_id('message', send_id)}.recvd-1"}
    return {
        "email": email,
        "timestamp": to_micros(at) // 1_000_000,
        "event": "bounce" if kind == "blocked" else kind,
        "category": ["tips", "welcome"],
        "sg_event_id": _id(kind, send_id, str(number)),
        **(ids if message_id else {}),
        **({"lc_send_id": send_id} if send_id else {}),
        **FIELDS.get(kind, {}),
        **more,
    }


def _id(*parts: str | None) -> str:
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A request of the webhook: its exact body, and the headers that sign it."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class WebhookKey:
    """The key that SendGrid signs with; `public` is what it shows in its settings."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> str:
        """The public key, as base64 of its SubjectPublicKeyInfo."""
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def post(self, events: Sequence[object], *, at: datetime) -> Posted:
        """Return the signed request that carries these events."""
        return self.sign(json.dumps(events).encode(), at=at)

    def sign(self, body: bytes, *, at: datetime) -> Posted:
        """Return the signed request that carries this body, whatever it is."""
        timestamp = str(to_micros(at) // 1_000_000)
        signature = self.private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        told = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}
        return Posted(body=body, headers={"Content-Type": "application/json", **told})
