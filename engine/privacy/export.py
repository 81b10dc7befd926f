"""Everything known of a customer, as JSON that is written while it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros
from engine.facts import BUILT_IN, FactType
from engine.privacy.holdings import HOLDINGS, Holding
from engine.privacy.mentions import rows_of
from engine.privacy.names import Names

VERSION = 1
_DERIVED = frozenset({"key", "keys", "facts_key"})


def export(connection: sa.Connection, names: Names, *, now: datetime) -> Iterator[str]:
    """Yield the pieces of one JSON object: who is meant, what each section means, then section by section its rows.

    Rows stand in the order of their keys; instants are ISO texts in UTC, days are dates.
    """
    head = {
        "format": "lifecycle customer export",
        "version": VERSION,
        "exported_at": now,
        "id": names.id,
        "known_as": {"other_names": names.aliases, "addresses": names.addresses},
        "about": {each.section: each.about for each in HOLDINGS},
    }
    for name, value in head.items():
        yield f"{'{' if name == 'format' else ','}\n  {_text(name)}: {_text(value)}"
    for holding in HOLDINGS:
        yield from _section(connection, holding, names)
    yield "\n}\n"


def _section(connection: sa.Connection, holding: Holding, names: Names) -> Iterator[str]:
    yield f",\n  {_text(holding.section)}: ["
    mark = "\n    "
    for row in rows_of(connection, holding, names):
        yield mark + _text(_shown(row))
        mark = ",\n    "
    yield "]" if mark == "\n    " else "\n  ]"


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without what is derived from other columns of it; changed instants are shown as such."""
    shown = {name: value for name, value in row.items() if not (name in _DERIVED or name.endswith("_key"))}
    if "field" in row:
        shown |= {name: _as_time(row["field"], row[name]) for name in ("old", "new")}
    return shown


def _as_time(field: str, said: str | None) -> str | None:
    fact = BUILT_IN.get(f"customer.{field}")
    if said is None or fact is None or fact.type is not FactType.TIME or not said.lstrip("-").isdigit():
        return said
    return from_micros(int(said)).isoformat()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
