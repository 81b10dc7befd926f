"""A row that cannot be taken, with every reason."""

from __future__ import annotations

from collections.abc import Sequence

from engine.intake.records import Record


class Refused(Exception):  # noqa: N818 (an outcome of reading a row)
    """A row that is not stored: its problems as (column, reason)."""

    def __init__(self, record: Record, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("a row was refused")
        self.record = record
        self.problems = [("", record.problem)] if record.problem else list(problems)

    @property
    def column(self) -> str:
        """The columns at fault."""
        return "; ".join(dict.fromkeys(column for column, _ in self.problems if column))

    @property
    def reason(self) -> str:
        """Every reason, in the order of the columns."""
        several = len(self.problems) > 1
        return "; ".join(f"{column} {reason}" if several and column else reason for column, reason in self.problems)
