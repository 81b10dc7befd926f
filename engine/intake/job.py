"""One import under way: its rows in batches of good ones, its rejects, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.clock import Clock
from engine.intake.mapping import Columns
from engine.intake.records import Record, Records
from engine.intake.refusal import Refused
from engine.intake.rejects import Rejects
from engine.intake.report import ImportReport, Progress, Step
from engine.intake.source import Source
from engine.values import Border

BATCH = 5_000
T = TypeVar("T")


@dataclass(kw_only=True)
class Job:
    """What the import of any kind works with; `read` and `changed` count rows as it goes."""

    engine: sa.Engine
    clock: Clock
    border: Border
    source: Source
    found: Records
    columns: Columns
    rejects: Rejects
    progress: Progress | None = None
    batch: int = BATCH
    topics: frozenset[str] = frozenset()
    read: int = 0
    changed: int = 0

    def batches(self, understand: Callable[[Record], T]) -> Iterator[list[T]]:
        """Yield the rows as `understand` makes them, in batches; what it refuses goes to the rejects file."""
        good: list[T] = []
        for record in self.found.rows:
            self.read += 1
            try:
                good.append(understand(record))
            except Refused as refused:
                self.rejects.add(refused)
            if len(good) == self.batch:
                yield good
                good = []
        if good:
            yield good

    def leave_out(self, row: int, refusal: tuple[str, str]) -> None:
        """Count a row that was left out as rejected, without its cells: they are not to be kept anywhere."""
        nothing: Any = [] if self.found.delimiter else {}
        self.rejects.add(Refused(Record(row, (), nothing), [refusal]))

    def tell(self, bytes_done: int) -> None:
        """Say how far the import has come: the rows read, and the bytes whose rows are in the database."""
        if self.progress:
            self.progress(Step(rows=self.read, bytes_done=bytes_done, bytes_total=self.source.size))

    def report(self) -> ImportReport:
        """Return what became of the rows."""
        rejected = self.rejects.count
        accepted = self.read - rejected
        return ImportReport(
            read=self.read,
            accepted=accepted,
            changed=self.changed,
            unchanged=accepted - self.changed,
            rejected=rejected,
            rejects_path=self.rejects.path,
            undeclared=self.columns.undeclared,
        )
