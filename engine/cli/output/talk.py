"""What commands say to the person who called them, on stderr; problems of files are data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.output.consoles import err, out
from engine.cli.output.tables import escaped

if TYPE_CHECKING:
    from engine.errors import Problem


def _marked(mark: str, style: str, sentence: str) -> None:
    from rich.text import Text

    console = err()
    prefix = Text(f"{mark} ", style=style) if console.is_terminal else Text()
    console.print(prefix + Text(sentence), soft_wrap=not console.is_terminal)


def done(sentence: str) -> None:
    """Say that something was done (a green mark in a terminal)."""
    _marked("✓", "green", sentence)


def note(sentence: str) -> None:
    """Say something worth knowing."""
    _marked("·", "dim", sentence)


def warn(sentence: str) -> None:
    """Say something that wants attention (a yellow mark in a terminal)."""
    _marked("!", "bold yellow", sentence)


def fail(sentence: str) -> None:
    """Say what went wrong (a red mark in a terminal)."""
    _marked("✗", "bold red", sentence)


def problems(found: Iterable[Problem], *, data: bool = False) -> None:
    """Print problems, one a line: `path:line:col: CODE message; hint`; where they were asked for, they are data."""
    console = out() if data else err()
    for problem in sorted(found):
        if not console.is_terminal:
            console.file.write(f"{problem}\n")
            continue
        place = f"[bold]{escaped(problem.path)}[/bold]:{problem.line}:{problem.column}:"
        colour = "red" if problem.severity == "error" else "yellow"
        hint = f"; [green]{escaped(problem.hint)}[/green]" if problem.hint else ""
        text = f"{place} [{colour}]{problem.code}[/{colour}] {escaped(problem.message)}{hint}"
        console.print(text, soft_wrap=True)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr while the block runs; the block says how far it is, of how much (None: not known).

    Nothing is shown when stderr is no terminal.
    """
    if not err().is_terminal:
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*parts, console=err(), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
