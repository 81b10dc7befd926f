"""What commands print fits the terminal, and is plain and whole when piped."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from engine.cli import output
from engine.cli.output import tables

COLUMNS = ("id", "mail", "rule", "reason")
ROWS = [("a1", "welcome", "welcome-the-new-people", ""), ("b2", "x" * 30, "nudge-reports", None)]


def printed(width: int, monkeypatch: pytest.MonkeyPatch, *, styled: bool = False) -> list[str]:
    """The table in a terminal of so many columns."""
    terminal = Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system="standard" if styled else None
    )
    monkeypatch.setattr(tables, "out", lambda: terminal)
    output.table(COLUMNS, ROWS, optional=("rule",))
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue().splitlines()


def test_a_wide_terminal_shows_every_column_that_holds_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty column says nothing."""
    assert printed(120, monkeypatch)[0].split() == ["id", "mail", "rule"]


def test_a_narrow_terminal_leaves_out_what_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """And folds no line then."""
    lines = printed(40, monkeypatch)
    assert lines[0].split() == ["id", "mail"]
    assert len(lines) == 3


def test_a_very_narrow_terminal_folds_long_cells_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and times stay whole."""
    lines = printed(20, monkeypatch)
    assert all(len(line) <= 20 for line in lines)
    assert "welcome" in " ".join(lines)


def test_piped_nothing_is_cut_or_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    """Programs read every column, without colours."""
    output.table(COLUMNS, [(output.styled("a1", "red"), "y" * 300, True, 1234)], right=["reason"])
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].split() == list(COLUMNS)
    assert lines[1].split() == ["a1", "y" * 300, "yes", "1,234"]


def test_markup_of_data_is_text(capfd: pytest.CaptureFixture[str]) -> None:
    """A customer who is called [red] is not painted."""
    output.table(("name",), [("[red]Ana[/red]",)])
    output.line("[bold]x[/bold]")
    assert capfd.readouterr().out.splitlines()[1:] == ["[red]Ana[/red]", "[bold]x[/bold]"]


def test_talk_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for data alone."""
    for say in (output.done, output.note, output.warn, output.fail):
        say("A sentence with [brackets].")
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == "A sentence with [brackets].\n" * 4
