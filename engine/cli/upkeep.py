"""`lifecycle upkeep`: what was kept for long enough goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.keeping import Outlook


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "upkeep")(upkeep)


def upkeep(
    shell: Shell,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is old enough to go.")] = False,
    json: JsonOption = False,
) -> None:
    """Let go of what was kept for long enough, and conclude erasures that were stopped.

    `lifecycle run` does the first by itself, every hour; the pages of a SQLite file are written over only here.
    """
    from dataclasses import asdict

    from engine.app import keeping

    with shell.app() as app:
        found = keeping.outlook(app)
        if dry_run:
            output.as_json(asdict(found)) if json else _show(found, shell.settings.time_zone)
            return
        did = dict(keeping.keep_up(app))
        problem = did.pop("problem", None)
        concluded = 0 if problem else keeping.conclude(app)
    if json:
        output.as_json({"gone": did, "names_erased": concluded, "problem": problem})
    else:
        _tell(did, concluded)
    if problem:
        output.warn(f"An erasure is not yet at its end: {problem}")
        raise typer.Exit(1)


def _show(found: Outlook, zone: str) -> None:
    rows = [(each.name, each.rows, output.when(each.before, zone), each.setting or "") for each in found.due]
    output.table(("what", "rows", "from before", "setting"), rows)
    if found.erasures:
        output.note(f"{output.plural(found.erasures, 'erased name')} whose pages are still to be written over.")


def _tell(did: dict[str, object], concluded: int) -> None:
    if not did and not concluded:
        output.note("Nothing is old enough to go.")
    for name, count in did.items():
        output.done(f"{name.replace('_', ' ')}: {count} gone.")
    if concluded:
        output.done(f"The pages of {output.plural(concluded, 'erased name')} are written over.")
