"""Connections to SQLite and PostgreSQL, and the column types that behave alike on both.

An instant is a BIGINT of microseconds since 1970 UTC and a calendar day is ISO text, so that comparing, adding and keys
come out the same in every database and session time zone (docs/decisions/0001).
"""

from engine.db.among import among
from engine.db.among_rows import among_rows
from engine.db.connecting import BUSY_SECONDS, connect
from engine.db.inserting import add_missing, insert_missing
from engine.db.straight import Straight
from engine.db.transactions import alone, by_keys, deciding, passing, reading, writing, written
from engine.db.types import Day, Instant, Json, Key

__all__ = [
    "BUSY_SECONDS",
    "Day",
    "Instant",
    "Json",
    "Key",
    "Straight",
    "add_missing",
    "alone",
    "among",
    "among_rows",
    "by_keys",
    "connect",
    "deciding",
    "insert_missing",
    "passing",
    "reading",
    "writing",
    "written",
]
