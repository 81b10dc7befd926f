"""Steps of a statement that are computed once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def fenced(select: sa.Select[Any], name: str) -> sa.Subquery:
    """Return a step that is computed row by row, each of its expressions once, wherever they are used."""
    return select.offset(sa.literal_column("0")).subquery(name)


def kept(select: sa.Select[Any] | sa.CompoundSelect[Any], name: str) -> sa.CTE:
    """Return a step that is computed once; inlined, SQLite would copy its expressions into every use."""
    return select.cte(name).prefix_with("MATERIALIZED")
