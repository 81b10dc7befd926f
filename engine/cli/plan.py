"""`lifecycle plan` and `lifecycle apply`: files against what runs, and making them what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.planning import Plan

CHANGES = 2
"""The exit code of `plan --exit-code` when applying would change something."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "plan")(plan)
    command(app, "apply")(apply)


def plan(
    shell: Shell,
    *,
    until: Annotated[str, typer.Option(help="How far to compare: a duration such as 7d, or a date.")] = "7d",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 2 when something would change.")] = False,
    json: JsonOption = False,
) -> None:
    """Compare the files with the live release.

    Who starts and who stops to get what, and which moments are left alone.
    """
    from engine.cli.plan_view import as_data, show

    found = _planned(shell, until)
    if json:
        output.as_json(as_data(found))
    else:
        show(found, zone=shell.settings.time_zone)
    if exit_code and found.changes:
        raise typer.Exit(CHANGES)


def _planned(shell: Shell, until: str) -> Plan:
    from engine.app.planning import plan as ask
    from engine.app.sources import source
    from engine.cli.instants import later
    from engine.cli.simulated import simulated

    with shell.app() as app:
        start = app.clock.now()
        end = later(until, start, app.settings.time_zone)
        chosen = source(app)
        with simulated(start, end, "Comparing") as tick:
            return ask(app, chosen, start=start, until=end, progress=tick)


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
