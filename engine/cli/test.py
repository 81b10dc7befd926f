"""`lifecycle test`: rules against invented customers, with a clock that moves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "test")(rule_tests)


def rule_tests(
    shell: Shell,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RULE|FILE", help="Rules or test files; all tests if none is named.", show_default=False
        ),
    ] = None,
    *,
    word: Annotated[
        str, typer.Option("-k", "--word", metavar="WORD", help="Only expectations that hold this word, such as a name.")
    ] = "",
    stop_early: Annotated[bool, typer.Option("-x", "--stop-early", help="Stop at the first file that fails.")] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML, for CI servers.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run the tests beside the rules.

    Each `rules/RULE.test.yaml` invents customers and says which mail they get and who never gets one. The real stages
    run on a scratch database with a clock that leaps from moment to moment. Needs no database, sends nothing.
    Exits 1 where a test fails or is broken.
    """
    from engine.app.rule_tests import Wanted, run_tests, write_junit
    from engine.cli.test_view import as_data, conclude, show_file, show_rest

    wanted = Wanted(names=tuple(names or ()), word=word, stop_early=stop_early)
    ran = run_tests(shell.settings, wanted, told=_quiet if json else show_file)
    if junit:
        write_junit(ran, junit)
    if json:
        output.as_json(as_data(ran))
    else:
        show_rest(ran)
        conclude(ran)
    if not ran.passed:
        raise typer.Exit(FAILED)


def _quiet(_result: object) -> None:
    """Show no file: all of it is printed at the end."""
