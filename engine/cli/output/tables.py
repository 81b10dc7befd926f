"""Tables, names with values, headings and lines: drawn for the width of a terminal, plain and whole when piped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from engine.cli.output.consoles import data, out

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

Cell = object
WIDE = 100_000
"""Columns of a terminal in which nothing is folded."""
SHORT = 20
"""Columns whose cells are all this short are never folded: names, times, numbers."""


class Styled(str):
    """A text with rich's markup in it; every other text is printed as it is."""

    __slots__ = ()


def styled(text: object, style: str) -> Styled:
    """Return a text in a style such as `green`; without a terminal it stays plain."""
    return Styled(f"[{style}]{escaped(_shown(text))}[/{style}]")


def escaped(text: str) -> str:
    """Return a text in which nothing is taken for markup."""
    from rich.markup import escape

    return escape(text)


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


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, right: Iterable[str] = (), optional: Iterable[str] = ()
) -> None:
    """Print rows under column names; columns named in `right` are numbers.

    In a terminal, empty columns are left out, and where it is too narrow also those named in `optional`, the first one
    first. Piped, nothing is cut and nothing drawn.
    """
    cells = [list(row) for row in rows]
    shown = [column for place, column in enumerate(columns) if not out().is_terminal or _filled(cells, place)]
    look = _table(columns, shown, cells, frozenset(right))
    for spare in (name for name in optional if name in shown) if out().is_terminal else ():
        if _width(look) <= out().width:
            break
        shown.remove(spare)
        look = _table(columns, shown, cells, frozenset(right))
    _put(look)


def _filled(rows: Sequence[Sequence[Cell]], place: int) -> bool:
    """Return whether a column holds anything; in a terminal, an empty one is left out."""
    return any(row[place] not in (None, "") for row in rows)


def _table(
    columns: Sequence[str], shown: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: frozenset[str]
) -> Table:
    from rich.table import Table

    look = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim" if out().is_terminal else "")
    places = [place for place, column in enumerate(columns) if column in shown]
    for place in places:
        short = all(_text(row[place]).cell_len <= SHORT for row in rows)
        justify: Literal["left", "right"] = "right" if columns[place] in numbers else "left"
        look.add_column(columns[place], justify=justify, overflow="fold", no_wrap=short)
    for row in rows:
        look.add_row(*(_text(row[place]) for place in places))
    return look


def _text(cell: Cell) -> Text:
    from rich.text import Text

    return Text.from_markup(cell) if isinstance(cell, Styled) else Text(_shown(cell))


def _width(look: RenderableType) -> int:
    """Return the width at which nothing is folded."""
    from rich.measure import Measurement

    console = out()
    return Measurement.get(console, console.options.update(width=WIDE), look).maximum


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

    look = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    look.add_column(style="dim" if out().is_terminal else "", no_wrap=True)
    look.add_column(overflow="fold")
    for name, cell in values.items():
        look.add_row(name, _text(cell))
    _put(look)
