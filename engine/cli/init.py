"""`lifecycle init`: make a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "init")(init)


def init(
    shell: Shell,
    folder: Annotated[Path, typer.Argument(help="The new workspace's folder; made where it is missing.")] = Path(),
) -> None:
    """Make a workspace, with a starter pack to edit.

    It holds rules, templates, settings and an empty database. Nothing is overwritten. A fresh secret goes into .env,
    and editors learn to complete rules.
    """
    from engine.workspace import init as begin

    begun = begin(folder, known=shell.variables())
    output.done(f"{begun.folder} is a workspace now.")
    output.pairs(dict(begun.written) | {"database": begun.database})
    steps = ([f"cd {folder}"] if folder != Path() else []) + ["lifecycle check", "lifecycle apply", "lifecycle dry-run"]
    output.note(f"Next: {' && '.join(steps)}")
