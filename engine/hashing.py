"""Keyed hashes: how addresses are locked, suppressed and remembered without being kept in clear."""

from __future__ import annotations

import hmac
import uuid
from functools import lru_cache

from engine.facts import text_key

SEND_NAMESPACE = uuid.UUID("6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11")


def address_hash(address: str, secret: str) -> str:
    """Return the keyed hash of an address: HMAC-SHA256 over its comparison key, 64 hex digits.

    All spellings of one mailbox have one hash: a domain counts as it goes over the wire (`xn--...`).
    """
    key = text_key(address) if address.isascii() else _over_the_wire(address)
    return hmac.digest(secret.encode(), key.encode(), "sha256").hex()


@lru_cache(maxsize=4096)
def _over_the_wire(address: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        valid = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return text_key(address)
    return f"{text_key(valid.local_part)}@{valid.ascii_domain}"


def id_hash(id_: str, secret: str) -> str:
    """Return the keyed hash of a customer's id or alias, exactly as written: HMAC-SHA256, 64 hex digits."""
    return hmac.digest(secret.encode(), b"id\x1f" + id_.encode(), "sha256").hex()


def send_id(
    *, subject_type: str, subject_id: str, rule: str, occurrence: str, step: str, recipient: str, secret: str
) -> str:
    """Return the id of one send: a UUIDv5, so that it is the same after a restored backup.

    It is keyed: a bounce is believed for the id it names, so nobody must be able to work out somebody else's.
    """
    parts = (subject_type, subject_id, rule, occurrence, step, recipient)
    return str(uuid.uuid5(_sends_of(secret), "\x1f".join(parts)))


@lru_cache(maxsize=8)
def _sends_of(secret: str) -> uuid.UUID:
    """Return the namespace of an installation's sends."""
    return uuid.uuid5(SEND_NAMESPACE, hmac.digest(secret.encode(), b"send", "sha256").hex())
