"""`lifecycle db`: the database's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import asking, output
from engine.cli.shell import Shell, command, group


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "db", "Look after the database.")
    command(below, "upgrade")(upgrade)
    command(below, "backup")(backup)
    command(below, "restored")(restored)


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


def restored(
    shell: Shell,
    *,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            envvar="LIFECYCLE_DB_RESTORED_FROM",
            metavar="TIME",
            help="When the backup was made.",
            show_default="the last claim that the database knows of",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Say that the database was put back from a backup, and let sending go on.

    What was due until now may have been sent already: it is in doubt, and is not sent blindly.
    Feedback settles it, or `lifecycle outbox resolve`.
    """
    from engine.app.restored import declare, restoration
    from engine.cli.instants import instant

    zone = shell.settings.time_zone
    with shell.app() as app:
        found = restoration(app, instant(start, zone) if start else None)
        span = f"{output.when(found.span.from_at, zone)} and {output.when(found.span.until_at, zone)} {zone}"
        output.note(f"What became of mail between {span} is not known.")
        if found.suspects:
            asking.confirm(f"{output.plural(len(found.suspects), 'waiting message')} may have been sent", yes=yes)
        counts = declare(app, found)
    for status, words in (("in_doubt", "in doubt"), ("queued", "sent once more, as their topics say")):
        if counts.get(status):
            output.note(f"{output.plural(counts[status], 'message')}: {words}.")
    output.done("The restoration is declared; sending goes on.")
