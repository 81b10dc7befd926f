"""How much there is of a customer, table by table: what an erasure would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from engine.privacy.holdings import HOLDINGS, Fate
from engine.privacy.mentions import rows_of
from engine.privacy.names import Names


@dataclass(frozen=True, kw_only=True)
class Count:
    """So many rows of a section of the export, and what erasure does to them."""

    section: str
    about: str
    rows: int
    fate: Fate


def counts(connection: sa.Connection, names: Names) -> tuple[Count, ...]:
    """Return how many rows each table has of a customer."""
    return tuple(
        Count(
            section=each.section,
            about=each.about,
            fate=each.fate,
            rows=sum(1 for _ in rows_of(connection, each, names)),
        )
        for each in HOLDINGS
    )
