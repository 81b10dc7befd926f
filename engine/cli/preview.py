"""`lifecycle preview`: emails as readers would get them, on a page or one of them in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import output
from engine.cli.shell import Shell, command
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.web.preview import Served

PORT = 8025


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "preview")(preview)


def preview(
    shell: Shell,
    template: Annotated[
        str | None, typer.Argument(help="One email: `welcome` for templates/welcome.md; without it, a page of all.")
    ] = None,
    *,
    customer: Annotated[str | None, typer.Option(help="With the facts of a customer, by id or address.")] = None,
    sample: Annotated[str, typer.Option(help="With another sample of templates/samples.yaml.")] = "",
    language: Annotated[str, typer.Option(help="In this language, such as sv.")] = "",
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send it to this address.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where its files go; else preview/.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's port; 0 is any that is free.")] = PORT,
    open_: Annotated[
        bool,
        typer.Option(
            "--open/--no-open",
            envvar="LIFECYCLE_PREVIEW_OPEN",
            help="Open the page in the browser, or only say where it is.",
        ),
    ] = True,
) -> None:
    """Look at emails, with their samples or customers' own facts.

    Without TEMPLATE, a page shows every email wide, on a phone, in the dark and as text.
    It follows what is saved, is for this machine alone, and ends by Ctrl-C.
    With TEMPLATE, that email's HTML, text and .eml are written. Nobody gets it without --to.
    """
    if template is None:
        given = {"--customer": customer, "--sample": sample, "--language": language, "--to": to, "--out": out}
        if named := [name for name, value in given.items() if value]:
            raise UsageError(f"{', '.join(named)} belongs to one email: name it, or choose on the page")
        _serve(shell, port, open_=open_)
        return
    from engine.app import preview as previews

    shown = previews.preview(shell.settings, template, customer=customer, language=language, sample=sample)
    paths = previews.write(shown, out or shell.settings.workspace / "preview")
    output.data(f"Subject: {shown.content.subject}\nPreheader: {shown.content.preheader}\n\n{shown.content.text}")
    if language and not language.lower().startswith(shown.content.language.lower()):
        output.warn(f"There is no variant in {language}; this is the one in {shown.content.language}.")
    if shown.note:
        output.note(shown.note)
    for path in paths:
        output.note(f"written: {path}")
    if to is not None:
        output.done(previews.send(shell.settings, shown, to))


def _serve(shell: Shell, port: int, *, open_: bool) -> None:
    from engine.confined.worker import worker

    worker().start()  # it gets ready while the rest is imported

    from engine.web.preview import serve

    def ready(served: Served) -> None:
        output.data(served.url)
        output.note("The page follows what you save. It is for you alone: its address holds a secret. Ctrl-C ends it.")
        if open_ and output.out().is_terminal:
            typer.launch(served.url)

    serve(shell.settings, port=port, ready=ready)
    output.note("Stopped.")
