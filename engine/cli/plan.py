"""`lifecycle plan` and `lifecycle apply`: files against what runs, and making them what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.planning import Plan

CHANGES = 2
"""The exit code of `plan` when something would change."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "plan")(plan)
    command(app, "apply")(apply)


def plan(
    shell: Shell,
    *,
    until: Annotated[str, typer.Option(help="How far to compare: a duration such as 7d, or a date.")] = "7d",
    against: Annotated[
        str | None,
        typer.Option(help="Compare with a commit, branch or tag, or another folder, instead of the live release."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Names to list of each change; 0 lists all.")] = 3,
    json: JsonOption = False,
) -> None:
    """Say what applying the files would change.

    Who starts and who stops to get what, whose mail reads otherwise, what becomes of waiting messages, and which
    moments are left alone. Exits 0 where nothing would change, 2 where something would, 1 where there is a mistake.
    """
    from engine.cli.plan_data import as_data
    from engine.cli.plan_view import show

    found = _planned(shell, until, against)
    if json:
        output.as_json(as_data(found))
    else:
        show(found, limit=limit)
    if found.changes:
        raise typer.Exit(CHANGES)


def _planned(shell: Shell, until: str, named: str | None) -> Plan:
    from engine.app.planning import plan as ask
    from engine.app.sources import against, source
    from engine.cli.instants import later
    from engine.cli.simulated import simulated

    with shell.app() as app:
        start = app.clock.now()
        end = later(until, start, app.settings.time_zone)
        files = source(app)
        live = source(app, live=True) if files.release and named is None else None
        base = against(app, named) if named is not None else live
        with simulated(start, end, "Comparing") as tick:
            return ask(app, files, base, start=start, until=end, progress=tick)


def apply(shell: Shell) -> None:
    """Make the files the release that every daemon runs.

    They are checked first; a broken file never gets there.
    """
    from engine.app.release import make_release
    from engine.cli.plan_view import show_applied

    with shell.app() as app, output.progress("Reading stored values") as bar:
        done = make_release(app, progress=bar)
    output.problems(done.lint)
    show_applied(done)
