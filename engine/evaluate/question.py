"""One question about a rule and a subject, now or in the past, put to the evaluator's own statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import span
from engine.evaluate.clause_values import Answer
from engine.evaluate.newcomers import theirs_from
from engine.rules.compiler import Program, zones_in_use
from engine.rules.sql.candidates import these
from engine.rules.sql.windows import Window

LOOK_BACK = span(timedelta(days=800))
"""How far back moments are looked for."""
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whose, when (microseconds), and what was known then where it is about the past.

    `facts` are the parameters that stand for the tables, of a time in the past.
    """

    connection: sa.Connection
    program: Program
    subject_id: str
    at: int
    stands_for: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def moments(self) -> dict[str, Row]:
        """Return the moments that have come by their occurrence, the latest first."""
        count = len(self.program.codes)
        after = max(self.at - LOOK_BACK, theirs_from(self.connection, self.program, self.subject_id))
        window = Window(now=self.at, after=(after,) * count, until=(self.at,) * count, late=self.program.late)
        return self._moments(window)

    def moment_at(self, due: int, occurrence: str) -> Row | None:
        """Return a moment as it will be judged when it is due, by the facts of today."""
        count = len(self.program.codes)
        window = Window(now=due, after=(due - 1,) * count, until=(due,) * count, late=0)
        return self._moments(window).get(occurrence)

    def clauses(self, moment: Row | None) -> Answer:
        """Return the truth and value of each part, asked for a moment."""
        anchor, event_id = (moment["anchor"], moment["event_id"]) if moment else (None, None)
        return self._answer("clauses", anchor, event_id)

    def becoming(self) -> Answer:
        """Return the truth and value of each part of what the trigger `becomes` holds."""
        return self._answer("becoming", None, None)

    def later(self, at: int) -> Question:
        """Return the same question at another time, by the same facts."""
        return replace(self, at=at)

    def _answer(self, name: str, anchor: int | None, event_id: str | None) -> Answer:
        given = {"now": self.at, "moment": json.dumps([[self.subject_id, anchor, event_id]])}
        given |= self.program.calendar_parameters((0, 0), now=self.at, zones=self._zones())
        return Answer(row=self._run(name, given)[0], at=self.at, zone=self.program.zone)

    def _moments(self, window: Window) -> dict[str, Row]:
        given = self.program.window_parameters(window, zones=self._zones(), stands_for=self.stands_for)
        rows = self._run("outlook", {**given, **these([self.subject_id])})
        ordered = sorted(rows, key=lambda row: (row["at"], row["due"]), reverse=True)
        return {f"{row['fact']}/{row['code']}": row for row in ordered}

    def _zones(self) -> tuple[str, ...]:
        return zones_in_use(self.connection, self.program.zone)

    def _run(self, name: str, given: Mapping[str, Any]) -> list[Row]:
        """Run a statement over the facts of now, or over those of the past."""
        name = f"past {name}" if self.facts else name
        return [dict(row) for row in self.program.run(name, self.connection, {**given, **self.facts}).mappings()]
