"""`lifecycle feedback`: what providers and mail servers tell of mail that left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command, group

if TYPE_CHECKING:
    from engine.feedback import Report


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    below = group(app, "feedback", "Look into what became of sent mail.")
    command(below, "read-bounces")(read_bounces)


def read_bounces(
    shell: Shell,
    path: Annotated[
        Path | None, typer.Argument(help="A Maildir or an mbox file; by default what `bounces` names.")
    ] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Read mail that came back, once, and act upon it.

    `lifecycle run` does the same by itself with the mailbox that the setting `bounces` names. No mail counts twice.
    """
    from engine.app.feedback import read_bounces as read

    with shell.app() as app:
        done = read(app, path)
    if json:
        output.as_json({"path": str(done.path), "landed": done.landed, **done.understood.figures})
        return
    output.data(f"{output.plural(done.landed, 'new mail')} in {done.path}.")
    output.data(_understood(done.understood))


def _understood(report: Report) -> str:
    told = (
        ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.kinds.items())) or "nothing about mail of ours"
    )
    stopped = f"; {output.plural(report.suppressed, 'address', 'addresses')} suppressed" if report.suppressed else ""
    return f"Understood: {told}{stopped}."
