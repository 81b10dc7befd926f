"""How often an event was counted and when, for people to read: what `did` tests, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.rules.model import DidTest
from engine.rules.sql.dialects import WHOLE, Column, Speech
from engine.rules.sql.leaves_events import counts, whose
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.stored import Subjects


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The events that a test counts, of one subject."""

    test: DidTest
    subjects: Subjects
    moment: MomentColumns
    speech: Speech

    @property
    def count(self) -> Column:
        """How many there are."""
        row = self._rows()
        return self._of(row, sa.select(sa.func.count()).select_from(row))

    @property
    def last(self) -> Column:
        """When the last of them was."""
        row = self._rows()
        return self._of(row, sa.select(sa.func.max(sa.type_coerce(row.c.at, WHOLE))))

    @property
    def last_ever(self) -> Column:
        """When the last of these events was, in the window or not, whatever its properties."""
        row = self.subjects.sources.event_total.alias()
        last = sa.select(sa.func.max(sa.type_coerce(row.c.last_at, WHOLE))).where(whose(row, self.subjects))
        last = last if self.test.event is None else last.where(row.c.name == self.test.event)
        return last.correlate_except(row).scalar_subquery()

    def latest(self, times: int) -> Column:
        """Return when the so many-th latest of them was."""
        row = self._rows()
        at = sa.type_coerce(row.c.at, WHOLE)
        found = sa.select(at).order_by(at.desc()).limit(sa.literal_column("1"))
        return self._of(row, found.offset(sa.literal_column(str(times - 1))))

    def _rows(self) -> sa.FromClause:
        return self.subjects.sources.event.alias()

    def _of(self, row: sa.FromClause, found: sa.Select[Any]) -> Column:
        counted = counts(self.test, row, self.subjects, self.moment, self.speech)
        return found.where(*counted).correlate_except(row).scalar_subquery()
