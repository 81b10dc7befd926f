"""The few pieces every command prints with: data to stdout, talk to stderr, plain text when piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from engine.errors import Problem

Cell = object
WIDE = 100_000
"""Columns of a terminal in which nothing is folded."""


@cache
def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False)


def out() -> Console:
    """Return the console of data: stdout."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console of talk: stderr."""
    return _console(stderr=True)


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


def data(text: str) -> None:
    """Print a text to stdout as it is."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def as_json(value: object) -> None:
    """Print a value as JSON: instants as ISO 8601, durations in seconds."""
    data(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else str(value)


def heading(text: str, *, style: str = "bold") -> None:
    """Print a heading above the next piece, in a style where this is a terminal."""
    out().print()
    line(styled(text, style))


def line(text: str) -> None:
    """Print one line; long ones are folded in a terminal and left whole when piped."""
    from rich.text import Text

    shown = Text.from_markup(text) if isinstance(text, Styled) else Text(text)
    if out().is_terminal:
        out().print(shown)
    else:
        data(shown.plain)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Iterable[str] = ()) -> None:
    """Print rows under column names; columns named in `right` are numbers. Piped, nothing is cut and nothing drawn."""
    from rich.table import Table
    from rich.text import Text

    console, numbers = out(), frozenset(right)
    look = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim" if console.is_terminal else "")
    for column in columns:
        look.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        look.add_row(*(Text.from_markup(cell) if isinstance(cell, Styled) else Text(_shown(cell)) for cell in row))
    _put(look)


class Styled(str):
    """A text with rich's markup in it; every other text is printed as it is."""

    __slots__ = ()


def styled(text: object, style: str) -> Styled:
    """Return a text in a style such as `green`; without a terminal it stays plain."""
    return Styled(f"[{style}]{_escaped(_shown(text))}[/{style}]")


def _put(look: RenderableType) -> None:
    console = out()
    if console.is_terminal:
        console.print(look)
        return
    from io import StringIO

    from rich.console import Console

    plain = Console(file=StringIO(), width=WIDE, color_system=None)
    plain.print(look)
    assert isinstance(plain.file, StringIO)
    data("\n".join(line.rstrip() for line in plain.file.getvalue().splitlines()))


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def pairs(values: Mapping[str, Cell]) -> None:
    """Print names and values, one pair a line."""
    from rich.table import Table
    from rich.text import Text

    look = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    look.add_column(style="dim" if out().is_terminal else "", no_wrap=True)
    look.add_column(overflow="fold")
    for name, cell in values.items():
        shown = Text.from_markup(cell) if isinstance(cell, Styled) else Text(_shown(cell))
        look.add_row(name, shown)
    _put(look)


def when(at: datetime | None, zone: str) -> str:
    """Return an instant as a day and a minute in a zone."""
    from zoneinfo import ZoneInfo

    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """Return how long before `now` an instant was, in its largest unit."""
    seconds = int((now - at).total_seconds())
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next(((size, unit) for size, unit in units if seconds >= size), (1, "second"))
    return f"{plural(max(0, seconds) // size, unit)} ago"


def plural(count: int, noun: str, several: str = "") -> str:
    """Return a count with its noun: 1 rule, 2 rules."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def problems(found: Iterable[Problem]) -> None:
    """Print problems to stdout, one a line: `path:line:col: CODE message; hint`."""
    for problem in sorted(found):
        if not out().is_terminal:
            data(str(problem))
            continue
        place = f"[bold]{_escaped(problem.path)}[/bold]:{problem.line}:{problem.column}:"
        colour = "red" if problem.severity == "error" else "yellow"
        hint = f"; [green]{_escaped(problem.hint)}[/green]" if problem.hint else ""
        text = f"{place} [{colour}]{problem.code}[/{colour}] {_escaped(problem.message)}{hint}"
        out().print(text, soft_wrap=True)


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
