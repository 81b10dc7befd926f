"""The database's schema: brought up to date, compared with the models, and checked before use."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.db import reading, writing
from engine.errors import DatabaseError

_MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's configuration over our migrations and, where given, an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database's tables up to a revision; all of it happens, or nothing."""
    with writing(engine) as connection:
        command.upgrade(configuration(connection), revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Take the database's tables back to a revision."""
    with writing(engine) as connection:
        command.downgrade(configuration(connection), revision)


def head() -> str:
    """Return the revision this program was written for."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def current(engine: sa.Engine) -> str | None:
    """Return the revision the database is at; None when it has no tables yet."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current(engine: sa.Engine) -> None:
    """Raise DatabaseError unless the database's tables are the ones this program was written for."""
    found = current(engine)
    name = engine.url.render_as_string(hide_password=True)
    if found is None:
        raise DatabaseError(f"{name} has no tables yet; run `lifecycle db upgrade`")
    if found not in {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}:
        raise DatabaseError(f"{name} was made by a newer version ({found}); upgrade this program")
    if found != head():
        raise DatabaseError(f"{name} is at revision {found}, this program needs {head()}; run `lifecycle db upgrade`")
