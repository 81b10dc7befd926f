"""`lifecycle db`: the database's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command, group


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "db", "Look after the database.")
    command(below, "upgrade")(upgrade)
    command(below, "backup")(backup)


def upgrade(shell: Shell) -> None:
    """Bring the database's tables up to date with this program; a missing SQLite file is made."""
    from engine import schema
    from engine.db import connect

    database = connect(shell.settings.database_url.get_secret_value())
    name = database.url.render_as_string(hide_password=True)
    before = schema.current(database)
    schema.upgrade(database)
    database.dispose()
    if before == schema.head():
        output.done(f"{name} is up to date ({before}).")
    else:
        output.done(f"{name} is now at {schema.head()}{f' (was at {before})' if before else ''}.")


def backup(
    shell: Shell, file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file that holds the copy.")]
) -> None:
    """Copy a SQLite database while it is in use; for PostgreSQL there is pg_dump."""
    from engine.app.backup import backup as copy

    with shell.app() as app:
        output.note("Copying; others go on meanwhile.")
        done = copy(app, file)
    output.done(f"{done.path} holds a whole copy ({done.size / (1 << 20):,.1f} MB).")
