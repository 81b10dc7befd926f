"""What SQLite must be told so that what is deleted does not stay in its file."""

from __future__ import annotations

import sqlalchemy as sa


def overwriting(connection: sa.Connection) -> None:
    """Let this connection write zeros over what it deletes; PostgreSQL has its own way (see `vacuum`)."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
