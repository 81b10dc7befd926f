"""`lifecycle backtest`: what rules would have done in a time that lies behind us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app import App
    from engine.app.backtest import Backtest, Wanted
    from engine.app.rules import Rules

STOPPED = 130
"""The exit code after Ctrl-C."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "backtest")(backtest)


def backtest(
    shell: Shell,
    *,
    start: Annotated[
        str,
        typer.Option(
            "--from",
            envvar="LIFECYCLE_BACKTEST_FROM",
            metavar="DATE",
            help="When the rules go live.",
            show_default=False,
        ),
    ],
    until: Annotated[
        str, typer.Option(metavar="DATE", help="The last day, the whole of it; or a date and time.", show_default=False)
    ],
    step: Annotated[str, typer.Option(help="How far the ticks lie apart: 1d, 6 hours, 30m.")] = "1d",
    rules: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A folder of other rules than those of the workspace.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Read the live release instead of the files.")] = False,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; may be given several times.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Names to list for each rule and day; 0 lists all.")] = 5,
    json: JsonOption = False,
) -> None:
    """Show whom rules would have written to in the past.

    Stored events and changes of facts are replayed in time in a scratch database, and the real evaluation decides at
    each tick. Nothing is changed. Whom a rule would have enrolled is told; consent, suppression, caps and quiet hours
    are not asked, and no mail is written. With --json everybody is listed.
    """
    from engine.cli.backtest_view import as_data, show

    if rules and live:
        raise typer.BadParameter("--rules names a folder, and --live the live release; give one of them")
    with shell.app() as app:
        wanted = _wanted(app, start, until, step, frozenset(rule or ()), listed=None if json or not limit else limit)
        tried, of = _rules(app, rules, live=live)
        found = _run(app, tried, wanted)
    if json:
        output.as_json(as_data(found))
    else:
        show(found, of, zone=shell.settings.time_zone)
    if found.interrupted:
        raise typer.Exit(STOPPED)


def _wanted(app: App, start: str, until: str, step: str, rules: frozenset[str], *, listed: int | None) -> Wanted:
    from engine.app.backtest import Wanted
    from engine.cli import instants

    zone = app.settings.time_zone
    return Wanted(
        start=instants.instant(start, zone),
        until=instants.last_instant(until, zone),
        step=instants.step(step),
        rules=rules,
        listed=listed,
    )


def _rules(app: App, folder: Path | None, *, live: bool) -> tuple[Rules, str]:
    """Return the rules to try, and whose they are in a few words."""
    from engine.app.rules import compiled
    from engine.app.rules_elsewhere import rules_of
    from engine.app.sources import source
    from engine.cli.dry_run_view import source_line
    from engine.runtime import at_home

    if folder:
        return rules_of(app, folder), f"the folder {folder}"
    chosen = source(app, live=live)
    settings = at_home(app.settings, chosen.release.time_zone) if live and chosen.release else app.settings
    return compiled(chosen.files, 0, settings), source_line(chosen)


def _run(app: App, rules: Rules, wanted: Wanted) -> Backtest:
    from engine.app.backtest import backtest as ask
    from engine.cli.simulated import simulated

    with simulated(wanted.start, wanted.until, "Replaying") as tick:
        return ask(app, rules, wanted, progress=tick)
