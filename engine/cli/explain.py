"""`lifecycle explain`: why a rule did or did not."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "explain")(explain)


def explain(
    shell: Shell,
    rule: Annotated[str, typer.Argument(help="The rule: the name of its file.")],
    customer: Annotated[str, typer.Argument(help="A customer's id or address.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="By what was known and live then: a date, or a date and time."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say why a rule did or did not write to a customer.

    Clause by clause with the facts they test, the moments that came with the facts they were decided on, what became
    of the mails, and what comes next if nothing changes. `customer show` has a line for every rule.
    """
    from dataclasses import asdict

    from engine.app.explain import explained
    from engine.cli.explain_view import show
    from engine.cli.instants import instant

    zone = shell.settings.time_zone
    with shell.app() as app:
        found = explained(app, rule, customer, at=instant(at, zone) if at else None)
    if json:
        output.as_json(asdict(found))
        return
    show(found, zone, past=at is not None)
