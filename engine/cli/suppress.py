"""`lifecycle suppress`: addresses that get no mail any more."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command, group

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or the id of a customer.")]
Topic = Annotated[str | None, typer.Option(help="Only mail of one topic; else all mail.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "suppress", "Keep addresses from getting mail, whatever the rules say.")
    command(below, "add")(add)
    command(below, "remove")(remove)
    command(below, "list")(list_)


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
            (one.address or one.address_hash, _scope(one.scope), one.reason, output.when(one.at, zone)) for one in found
        ]
        output.table(("address", "mail", "reason", "since"), rows)


def _scope(scope: str) -> str:
    return "all" if scope == "*" else scope
