"""Tokens that say who holds a link: signed, without an address in them, valid for ever."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from engine.settings import Settings

SALT = "lifecycle.links"
SAMPLE = "sample"
"""What stands for a token where nobody is written to; it opens nothing."""
LONGEST = 4000


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whom a link was sent to: a customer, the keyed hash of the address it went to, and the topic of the mail."""

    customer_id: str
    address_hash: str
    topic: str


def token(settings: Settings, holder: Holder) -> str:
    """Return the signed token of a holder; the same every time, as long as the newest key is the same."""
    short = urlsafe_b64encode(bytes.fromhex(holder.address_hash)).decode().rstrip("=")
    written: str | bytes = _serializer(_keys(settings)).dumps([holder.customer_id, short, holder.topic])
    return written if isinstance(written, str) else written.decode()


def read_token(settings: Settings, text: str) -> Holder | None:
    """Return whom a token was made for by any of our keys; None for whatever else somebody writes."""
    if len(text) > LONGEST:
        return None
    try:
        customer_id, short, topic = _serializer(_keys(settings)).loads(text)
        hashed = urlsafe_b64decode(short + "=" * (-len(short) % 4)).hex()
    except (BadData, NotBase64, TypeError, ValueError):
        return None
    return Holder(customer_id=customer_id, address_hash=hashed, topic=topic)


def _keys(settings: Settings) -> tuple[str, ...]:
    """Return all keys, the newest last; that of `secret` stays good, since mails signed by it are still about."""
    named = [key.get_secret_value() for key in settings.link_keys]
    return (settings.secret.get_secret_value(), *reversed(named))


@lru_cache(maxsize=8)
def _serializer(keys: tuple[str, ...]) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys), salt=SALT)
