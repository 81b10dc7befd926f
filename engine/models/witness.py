"""What tells a database that was restored from one that was not."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from engine.db import Instant, Key


class Installation(SQLModel, table=True):
    """The one row that says which database this is; a restored copy has the same id.

    Events before `events_kept_from` are no longer kept.
    """

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    database_id: str
    events_kept_from: datetime | None = Field(default=None, sa_type=Instant)


class Witness(SQLModel, table=True):
    """How many intents the holder of a small file outside the database has written; the file has the number too."""

    id: str = Field(primary_key=True, sa_type=Key)
    host: str
    sequence: int = Field(default=0, sa_type=sa.BigInteger)
    seen_at: datetime = Field(sa_type=Instant)


class Restoration(SQLModel, table=True):
    """A span of time of which this database has lost what it knew: what was due then may have been sent."""

    id: str = Field(primary_key=True, sa_type=Key)
    from_at: datetime = Field(sa_type=Instant)
    until_at: datetime = Field(sa_type=Instant)
    actor: str
