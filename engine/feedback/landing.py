"""Landing: raw events are stored as they came, once each, before anybody looks into them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import insert_missing, writing
from engine.models.tables import provider_event

LONGEST_ID = 255
_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Raw:
    """One event as a provider sent it, made `storable`; its id is the same whenever the provider sends it again."""

    event_id: str
    provider: str
    payload: Mapping[str, Any]


def land(engine: sa.Engine, events: Iterable[Raw], *, now: datetime) -> int:
    """Store events in one transaction, durable when this returns; returns how many were new."""
    rows = {each.event_id: _row(each, now) for each in events}
    if not rows:
        return 0
    ids = sorted(rows)  # an order that two writers share
    new = 0
    with writing(engine) as connection:
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            known = _known(connection, part)
            new += len(part) - len(known)
            if fresh := [rows[each] for each in part if each not in known]:
                connection.execute(insert_missing(connection, provider_event), fresh)
    return new


def _row(each: Raw, now: datetime) -> dict[str, Any]:
    return {
        "event_id": each.event_id,
        "provider": each.provider,
        "received_at": now,
        "payload": each.payload,
    }


def _known(connection: sa.Connection, ids: Sequence[str]) -> frozenset[str]:
    e = provider_event.c.event_id
    return frozenset(connection.scalars(sa.select(e).where(e.in_(ids))))


def content_id(payload: object) -> str:
    """Return an id for an event that has none: the hash of its content."""
    written = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return f"content-{hashlib.sha256(written.encode()).hexdigest()}"


def usable_id(given: object) -> bool:
    """Say whether a provider's id of an event can be a key: a printable text that is not too long."""
    return isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isprintable()


def storable(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """Return a JSON value as both databases take it: without NUL, half characters and numbers that are none."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {storable(name): storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)
