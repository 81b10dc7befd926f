"""Keyed hashes: how addresses are locked, suppressed and remembered without being kept in clear."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from engine.facts import text_key

SEND_NAMESPACE = uuid.UUID("6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11")


def address_hash(address: str, secret: str) -> str:
    """Return the keyed hash of an address: HMAC-SHA256 over its comparison key, 64 hex digits."""
    return hmac.new(secret.encode(), text_key(address).encode(), hashlib.sha256).hexdigest()


def id_hash(id_: str, secret: str) -> str:
    """Return the keyed hash of a customer's id or alias, exactly as written: HMAC-SHA256, 64 hex digits."""
    return hmac.digest(secret.encode(), b"id\x1f" + id_.encode(), "sha256").hex()


def send_id(*, subject_type: str, subject_id: str, rule: str, occurrence: str, step: str, recipient: str) -> str:
    """Return the id of one send: a UUIDv5, so that it is the same after a restored backup."""
    parts = (subject_type, subject_id, rule, occurrence, step, recipient)
    return str(uuid.uuid5(SEND_NAMESPACE, "\x1f".join(parts)))
