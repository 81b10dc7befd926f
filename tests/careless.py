"""Databases that need not survive a crash, and are the quicker for it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def careless(engine: sa.Engine) -> sa.Engine:
    """Let an engine's commits return before they are on the disk; to be called before it is first used."""
    lite = engine.dialect.name == "sqlite"

    @sa.event.listens_for(engine, "connect")
    def hurry(connection: Any, _record: object) -> None:  # noqa: ANN401 (a driver's own connection)
        connection.cursor().execute("PRAGMA synchronous=OFF" if lite else "SET synchronous_commit = off")
        if not lite:
            connection.commit()

    return engine
