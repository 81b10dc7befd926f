"""`lifecycle dry-run`: who gets what and when in the coming days, with nothing changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app import App
    from engine.app.dry_run import Wanted

UntilOption = Annotated[str, typer.Option(help="How far to look: a duration such as 7d or 36 hours, or a date.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "dry-run")(dry_run)


def dry_run(
    shell: Shell,
    *,
    until: UntilOption = "7d",
    rule: Annotated[list[str] | None, typer.Option(help="Show only this rule; may be given several times.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Show only the mails of this customer: an id or address.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Start the clock here instead of now: a date or a date and time.")
    ] = None,
    mails: Annotated[bool, typer.Option("--mails", help="List each mail, also of more than eight days.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=0, help="Mails or names to list for each rule and day; 0 lists all.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Read the live release instead of the files.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write each mail here as HTML, text and .eml, with an index.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show who gets what and when in the coming days.

    The real stages run under a moving clock, and nothing is changed. Facts are as they are now.
    Mails that are held back are listed with their reason. More than eight days are counted by day and rule.
    """
    from engine.app.dry_run import dry_run as ask
    from engine.app.sources import source
    from engine.cli.dry_run_days import DETAILED, Look
    from engine.cli.dry_run_view import as_data, show
    from engine.cli.simulated import simulated

    with shell.app() as app:
        wanted = _wanted(app, until=until, rules=rule or [], customer=customer, at=at)
        chosen = source(app, live=live)
        with simulated(wanted.start, wanted.until) as tick:
            found = ask(app, chosen, wanted, out=out, progress=tick)
    if json:
        output.as_json(as_data(found))
        return
    each = mails or customer is not None or found.until - found.start <= DETAILED
    show(found, Look(zone=shell.settings.time_zone, each=each, limit=limit))


def _wanted(app: App, *, until: str, rules: list[str], customer: str | None, at: str | None) -> Wanted:
    from engine.app.dry_run import Wanted
    from engine.cli.instants import instant, later
    from engine.db import reading
    from engine.subjects import find_customer

    zone = app.settings.time_zone
    start = instant(at, zone) if at else app.clock.now()
    with reading(app.database) as connection:
        who = find_customer(connection, customer) if customer else None
    return Wanted(start=start, until=later(until, start, zone), rules=frozenset(rules), customer=who)
