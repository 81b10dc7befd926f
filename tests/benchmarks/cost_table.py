"""The table that a benchmark prints."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line: what was measured, and how much it may be, or with `at_least` must be; None to show it beside."""

    what: str
    value: float
    target: float | None = None
    unit: str = ""
    at_least: bool = False
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether the target is missed."""
        if self.target is None:
            return False
        return self.value < self.target if self.at_least else self.value > self.target


def show(title: str, rows: Iterable[Row]) -> bool:
    """Print a table, row by row as they are measured; return whether a target is missed."""
    missed = False
    sys.stdout.write(f"\n{title:52}{'measured':>12}{'target':>11}\n")
    for row in rows:
        bound = "" if row.target is None else f"{'>=' if row.at_least else '<='} {row.target:g}"
        mark = "  MISSED" if row.missed else ""
        missed |= row.missed
        sys.stdout.write(f"{row.what:52}{row.value:>11,.2f}{row.unit:1}{bound:>11}  {row.note}{mark}\n")
        sys.stdout.flush()
    return missed
