"""What changes between the rendering of a mail and its claim."""

from __future__ import annotations

import sqlalchemy as sa
from sending import (
    NOW,
)

from engine import suppression
from engine.db import writing
from engine.facts import text_key
from engine.models.tables import customer


def change(engine: sa.Engine, **facts: str | None) -> None:
    """Change facts of the customer."""
    keys = {f"{name}_key": value and text_key(value) for name, value in facts.items()}
    with writing(engine) as connection:
        connection.execute(sa.update(customer).values(**facts, **keys))


def forget(engine: sa.Engine, table: sa.Table) -> None:
    """Delete all rows of a table."""
    with writing(engine) as connection:
        connection.execute(sa.delete(table))


def suppress(engine: sa.Engine, scope: str = "*") -> None:
    """Suppress the customer's address."""
    suppression.add(engine, "ANA@example.com ", secret="test", reason="asked", now=NOW, scope=scope)
