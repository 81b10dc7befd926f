"""`lifecycle preview`: one email as a reader would get it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "preview")(preview)


def preview(
    shell: Shell,
    template: Annotated[str, typer.Argument(help="The email's name: `welcome` for templates/welcome.md.")],
    *,
    customer: Annotated[str | None, typer.Option(help="With the facts of a customer, by id or address.")] = None,
    language: Annotated[str, typer.Option(help="In this language, such as sv.")] = "",
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send it to this address.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where its files go; else preview/.")] = None,
) -> None:
    """Render one email, with its sample or a customer's own facts.

    It is read from the files as they are now; its HTML, text and .eml are written. Nobody gets it without --to.
    """
    from engine.app import preview as previews

    shown = previews.preview(shell.settings, template, customer=customer, language=language)
    paths = previews.write(shown, out or shell.settings.workspace / "preview")
    output.data(f"Subject: {shown.content.subject}\nPreheader: {shown.content.preheader}\n\n{shown.content.text}")
    if language and not language.lower().startswith(shown.content.language.lower()):
        output.warn(f"There is no variant in {language}; this is the one in {shown.content.language}.")
    for path in paths:
        output.note(f"written: {path}")
    if to is not None:
        output.done(previews.send(shell.settings, shown, to))
