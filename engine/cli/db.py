"""`lifecycle db`: the database's tables."""

from __future__ import annotations

import typer

from engine.cli import output
from engine.cli.shell import Shell, command, group


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "db", "Look after the database.")
    command(below, "upgrade")(upgrade)


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
