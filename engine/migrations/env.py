"""Alembic's entry: migrates over the connection it is given, against the models."""

from typing import Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import engine.models  # noqa: F401 (fills the metadata)
from engine.db import Day, Instant, Json, Key

NAMES = {Instant: "Instant()", Day: "Day()", AutoString: "sa.String()"}


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types by their names."""
    if kind != "type":
        return False
    return "Key" if item is Key else "Json" if item is Json else NAMES.get(type(item), False)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
