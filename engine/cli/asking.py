"""Asking before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import typer

from engine.cli import output
from engine.errors import UsageError


def confirm(sentence: str, *, yes: bool) -> None:
    """Say what is about to happen and ask whether to go on, unless `yes` says so already.

    Raises UsageError where nobody can be asked, and Abort where the answer is no.
    """
    if yes:
        output.note(f"{sentence}.")
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{sentence}; say --yes to do that")
    output.warn(f"{sentence}.")
    typer.confirm("Go on?", abort=True, err=True)
