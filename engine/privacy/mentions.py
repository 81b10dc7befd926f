"""Rows of JSON that name a customer somewhere inside: found exactly, and stripped of what is personal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.models.tables import audit, feedback, provider_event
from engine.privacy.holdings import HOLDINGS, Holding
from engine.privacy.names import Names

GONE = "erased"
_AT_ONCE = 500
_STRUCTURE = frozenset(
    {"event", "timestamp", "sg_event_id", "sg_machine_open", "type", "status", "bounce_classification", "lc_send_id"}
)
"""What of a provider's event says nothing of a person; all else goes."""
_SEVERITY = frozenset({"severity", "status", "classification"})
_IN_JSON = {"provider_events": "payload", "audit": "detail"}


def rows_of(connection: sa.Connection, holding: Holding, names: Names) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table that are about a customer, in the order of their keys, a few in memory at a time."""
    chosen = sa.select(holding.table).where(holding.whose(names)).order_by(*holding.table.primary_key)
    found = connection.execute(chosen, execution_options={"yield_per": _AT_ONCE}).mappings()
    column = _IN_JSON.get(holding.section)
    if column is None:
        yield from map(dict, found)
        return
    heard = _heard_of(connection, names) if holding.section == "provider_events" else frozenset[str]()
    for row in found:
        if row.get("event_id") in heard or _names(row[column], names):
            yield dict(row)


def _heard_of(connection: sa.Connection, names: Names) -> frozenset[str]:
    mine = next(each for each in HOLDINGS if each.table is feedback).whose(names)
    return frozenset(connection.scalars(sa.select(feedback.c.event_id).where(mine)))


def _names(said: Any, names: Names) -> bool:  # noqa: ANN401 (any JSON)
    """Say whether JSON names a customer: an id as a whole value, an address anywhere but inside a longer one."""
    if isinstance(said, Mapping):
        return any(_names(each, names) for each in said.values())
    if isinstance(said, list):
        return any(_names(each, names) for each in said)
    if not isinstance(said, str):
        return str(said) == names.id
    whole = {names.id, *names.aliases, *names.address_hashes}
    return said in whole or any(_address(each).search(said) for each in names.addresses)


def _address(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+%-]){re.escape(address)}(?![\w-]|\.\w)", re.IGNORECASE)


def is_stripped(payload: Mapping[str, Any]) -> bool:
    """Say whether nothing personal is left of a provider's event."""
    return payload.keys() <= _STRUCTURE


def strip_provider_event(connection: sa.Connection, row: Mapping[str, Any], now: datetime) -> None:
    """Leave of a provider's event what is needed to know it again and to count it; without that it is done with."""
    kept = {name: value for name, value in row["payload"].items() if name in _STRUCTURE}
    values: dict[str, Any] = {"payload": kept}
    if row["processed_at"] is None and "event" not in kept:
        values |= {"processed_at": now, "outcome": GONE}
    mine = provider_event.c.event_id == row["event_id"]
    connection.execute(sa.update(provider_event).where(mine).values(values))


def strip_feedback(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Leave of feedback how bad it was: words, links and programs go."""
    kept = {name: value for name, value in (row["detail"] or {}).items() if name in _SEVERITY}
    mine = feedback.c.event_id == row["event_id"]
    connection.execute(sa.update(feedback).where(mine).values(detail=kept or sa.null()))


def strip_audit(connection: sa.Connection, row: Mapping[str, Any], names: Names) -> None:
    """Leave of an audit row who did what and when; every value that names the customer is gone, and the reason."""
    kept = {
        name: GONE if name == "reason" or (name != "address_hash" and _names(value, names)) else value
        for name, value in row["detail"].items()
    }
    connection.execute(sa.update(audit).where(audit.c.id == row["id"]).values(detail=kept))
