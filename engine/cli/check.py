"""`lifecycle check`: every mistake of every file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.checking import Checked

BROKEN, ONLY_LINT = 1, 3


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "check")(check)


def check(shell: Shell, *, json: JsonOption = False) -> None:
    """Find every mistake in rules, templates and settings.

    Exits 1 where something is wrong, 3 where there is lint only. Also refreshes the schemas that editors complete by.
    """
    from dataclasses import asdict

    from engine.confined.worker import worker

    worker().start()  # it gets ready while the rest is imported

    from engine.app.check import check_workspace

    found = check_workspace(shell.settings)
    if found.unasked:
        output.note(f"Names of events, roles and traits were not compared with what happened: {found.unasked}.")
    if json:
        output.as_json([asdict(problem) for problem in found.checked.problems])
    else:
        output.problems(found.checked.problems, data=True)
        _conclude(found.checked, len(found.files))
    if found.checked.problems:
        raise typer.Exit(BROKEN if found.checked.broken else ONLY_LINT)


def _conclude(checked: Checked, files: int) -> None:
    errors = sum(problem.severity == "error" for problem in checked.problems)
    lint = len(checked.problems) - errors
    what = f"{output.plural(files, 'file')}, {output.plural(len(checked.rules.rules), 'rule')}"
    if errors:
        output.fail(f"{output.plural(errors, 'mistake')}{f' and {lint} lint' if lint else ''} in {what}.")
    elif lint:
        output.warn(f"No mistakes, {lint} lint in {what}.")
    else:
        output.done(f"No mistakes in {what}.")
