"""`lifecycle suppress`: addresses that get no mail any more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command, group

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or the id of a customer.")]
SHOWN = 16
"""So many digits of the hash of an address are shown where nobody wrote it down; --json has all."""
Topic = Annotated[str | None, typer.Option(help="Only mail of one topic; else all mail.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "suppress", "Keep addresses from getting mail, whatever the rules say.")
    command(below, "add")(add)
    command(below, "remove")(remove)
    command(below, "list")(list_)
    command(below, "import")(import_)


def add(
    shell: Shell,
    address: Who,
    topic: Topic = None,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "asked by an operator",
) -> None:
    """Send no more mail to an address, from this moment on."""
    from engine.app import suppress

    with shell.app() as app:
        output.done(suppress.add(app, address, topic=topic, reason=reason))


def remove(shell: Shell, address: Who, topic: Topic = None) -> None:
    """Allow mail to an address again."""
    from engine.app import suppress

    with shell.app() as app:
        output.done(suppress.remove(app, address, topic=topic))


def list_(shell: Shell, *, json: JsonOption = False) -> None:
    """List suppressed addresses, the newest first."""
    from dataclasses import asdict

    from engine import suppression

    with shell.app() as app:
        found = suppression.list_all(app.database)
    if json:
        output.as_json([asdict(one) for one in found])
    elif not found:
        output.note("No address is suppressed.")
    else:
        zone = shell.settings.time_zone
        rows = [
            (
                one.address or f"{one.address_hash[:SHOWN]}…",
                output.scope(one.scope),
                one.reason,
                output.when(one.at, zone),
            )
            for one in found
        ]
        output.table(("address", "mail", "reason", "since"), rows)


def import_(
    shell: Shell,
    file: Annotated[Path, typer.Argument(help="CSV or JSONL; `-` is standard input.", show_default=False)],
    *,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column means (`-` ignores it). Can be repeated."),
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Where bad rows go; else beside the file.")] = None,
    zone: Annotated[str | None, typer.Option(help="The zone of times without one; else the workspace's.")] = None,
    json: JsonOption = False,
) -> None:
    """Suppress every address of a file, such as those that another system does not write to.

    The fields are address, topic, reason and at; without a topic, an address gets no mail at all.
    Importing a file twice changes nothing. Rows that cannot be taken go to a rejects file with
    the reason, and the exit code is 3.
    """
    from engine.cli.import_ import columns_of, end, show_report, take_in, zone_of
    from engine.intake import ImportOptions, Kind
    from engine.workspace import require_secret

    columns = columns_of(mapping or ())
    with shell.app() as app:
        require_secret(app.settings)
        options = ImportOptions(mapping=columns, time_zone=zone_of(zone) if zone else shell.settings.time_zone)
        report = take_in(app, Kind.SUPPRESSIONS, file, options, rejects)
    show_report(report, json=json)
    end(report)
