"""Steps of a statement that are computed once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def kept(select: sa.Select[Any] | sa.CompoundSelect[Any], name: str) -> sa.CTE:
    """Return a step that is computed once; inlined, SQLite would copy its expressions into every use."""
    return select.cte(name).prefix_with("MATERIALIZED")
