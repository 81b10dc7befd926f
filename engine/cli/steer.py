"""`lifecycle pause`, `resume` and `approve`: the operator's brakes."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command

RuleArgument = Annotated[str | None, typer.Argument(help="One rule; else all sending.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "pause")(pause)
    command(app, "resume")(resume)
    command(app, "approve")(approve)


def pause(shell: Shell, rule: RuleArgument = None) -> None:
    """Stop one rule, or all sending.

    What is due meanwhile waits, and may become too late.
    """
    from engine.app import steer

    with shell.app() as app:
        output.done(steer.pause(app, rule))


def resume(shell: Shell, rule: RuleArgument = None) -> None:
    """Let one rule, or all sending, go on."""
    from engine.app import steer

    with shell.app() as app:
        output.done(steer.resume(app, rule))


def approve(shell: Shell, rule: Annotated[str, typer.Argument(help="The rule that is held.")]) -> None:
    """Let a held rule through, once.

    A rule is held as a whole when it is about to enroll far more than usual.
    """
    from engine.app import steer

    with shell.app() as app:
        output.done(steer.approve(app, rule))
