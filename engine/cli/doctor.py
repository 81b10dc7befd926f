"""`lifecycle doctor`: is everything outside the files as it must be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import JsonOption, Shell, command

if TYPE_CHECKING:
    from engine.app.doctor import Finding

BROKEN, ONLY_WARNINGS = 1, 3
STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red", "not checked": "dim"}


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "doctor")(doctor)


def doctor(
    shell: Shell,
    *,
    dkim_selector: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A DKIM selector of the sender's domain; may be repeated.")
    ] = None,
    nameserver: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="Ask this name server.")] = "",
    json: JsonOption = False,
) -> None:
    """Look at what must be right before mail leaves.

    The secret, the database, the provider's login, SPF, DKIM and DMARC of the sender, the public address, the clock and
    the disk. Changes nothing and sends no mail. Exits 1 where something is wrong, 3 where there are warnings only.
    """
    from dataclasses import asdict

    from engine.app.doctor import State, examine

    found = []
    for finding in examine(shell.settings, selectors=tuple(dkim_selector or ()), nameserver=nameserver):
        found.append(finding)
        if not json:
            _tell(finding)
    if json:
        output.as_json([asdict(finding) for finding in found])
    states = {finding.state for finding in found}
    if State.PROBLEM in states or State.WARNING in states:
        raise typer.Exit(BROKEN if State.PROBLEM in states else ONLY_WARNINGS)


def _tell(finding: Finding) -> None:
    advice = f"; {finding.advice}" if finding.advice else ""
    state = output.styled(f"{finding.state:<11}", STYLES[finding.state])
    about = output.styled(finding.about, "bold")
    output.line(output.Styled(f"{state} {about}: {output.escaped(finding.sentence + advice)}"))
