"""Whether the database can be written, told without writing: from a full or read-only one nothing is sent."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import sqlalchemy as sa

from engine.app.opened import App
from engine.db import reading

_LEAST = 1 << 20
"""Bytes below which a disk counts as full: a transaction of the engine may be as long as that."""
_READ_ONLY = sa.text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'")


def unwritable(app: App) -> str | None:
    """Return why the database cannot be written now, in words; None where nothing is known to be in the way."""
    if app.database.dialect.name == "sqlite":
        return _file(Path(str(app.database.url.database)))
    with reading(app.database) as connection:
        return "the server takes no writes: it is read-only or a standby" if connection.scalar(_READ_ONLY) else None


def _file(path: Path) -> str | None:
    if not path.exists():
        return None
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return "the file or its folder is read-only for this user"
    return "its disk is full" if shutil.disk_usage(path.parent).free < _LEAST else None
