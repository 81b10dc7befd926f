"""What a rule has decided for a subject, and the conditions as they were when it did, rebuilt from the histories."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.errors import LifecycleError
from engine.evaluate.explanation import Fate, Judged, MomentSeen, Version, Versions
from engine.evaluate.fates import Fates
from engine.evaluate.history import then
from engine.evaluate.question import Question, Row
from engine.models.tables import enrollment

SHOWN = 5
"""How many moments are told of, the latest first."""
_AT_THAT_MINUTE = "by the histories not all of them held; something was learned in that very minute"
_NOT_ASKED = "by the histories all of them held at that minute; the tick that asked came at another"


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Tells of the moments of one rule and subject; of a question about the past, as they were decided until then."""

    question: Question
    fates: Fates
    versions: Versions
    past: bool

    def told(self, present: Mapping[str, Row]) -> tuple[MomentSeen, ...]:
        """Return what became of each moment; rows of the ledger whose fact is another by now are among them.

        Of a time at which the rule was not live, only those rows.
        """
        rows = {row["occurrence"]: row for row in self._ledger()}
        facts = {row["fact"] for row in present.values()}
        found = [self._of_row(row, current=self._current(row, facts)) for row in rows.values()]
        undecided = [] if self.fates.version.idle else [name for name in present if name not in rows][:SHOWN]
        found += [self._of_moment(name, present[name]) for name in undecided]
        return tuple(sorted(found, key=lambda one: (one.at, one.due), reverse=True)[:SHOWN])

    def _current(self, row: Row, facts: Collection[str]) -> bool:
        """Return whether a row's fact is still the subject's, as far as moments of this version tell."""
        return row["fact"] in facts or row["occurrence"].rpartition("/")[2] not in self.question.program.codes

    def _ledger(self) -> list[Mapping[str, Any]]:
        row, rule = enrollment.c, self.question.program.rule
        mine = (row.subject_type == rule.subject, row.subject_id == self.question.subject_id, row.rule == rule.name)
        decided = sa.select(enrollment).where(*mine)
        decided = decided.where(row.decided_at <= from_micros(self.question.at)) if self.past else decided
        newest = decided.order_by(row.moment_at.desc()).limit(SHOWN)
        return [dict(found) for found in self.question.connection.execute(newest).mappings()]

    def _of_row(self, row: Mapping[str, Any], *, current: bool) -> MomentSeen:
        seen = self.fates.of_row(row, current=current)
        version = self.versions.by_release(row["release_id"])
        judged = self._judged(version, row["occurrence"], to_micros(row["decided_at"]))
        return replace(seen, judged=_doubted(judged, holds=True, doubt=_AT_THAT_MINUTE))

    def _of_moment(self, occurrence: str, row: Row) -> MomentSeen:
        seen = self.fates.of_moment(occurrence, row)
        if seen.fate is not Fate.MISSED:
            return seen
        at = min(self.fates.closed(row["at"]), self.question.at)
        judged = self._judged(self.versions.at(at), occurrence, at)
        return replace(seen, judged=_doubted(judged, holds=False, doubt=_NOT_ASKED))

    def _judged(self, version: Version, occurrence: str, at: int) -> Judged | None:
        """Return the conditions of a version at an instant; None where there were none, or nobody knows."""
        question, program = self.question, version.program
        if not program.rule.conditions.parts or program.rule.subject != question.program.rule.subject:
            return None
        try:
            known = then(question.connection, program, question.subject_id, at)
        except LifecycleError:
            return None
        asked = replace(question, program=program, at=at, facts=known.parameters, stands_for={})
        answer = asked.clauses(asked.moments().get(occurrence))
        return Judged(
            at=from_micros(at),
            clauses=answer.clauses(program.rule.conditions),
            holds=answer.holds,
            release=version.release,
            approximate="; ".join(filter(None, (version.remark, known.approximate, _lacking(known.unknown)))),
        )


def _doubted(judged: Judged | None, *, holds: bool, doubt: str) -> Judged | None:
    """Add a doubt where the histories do not give what must have been."""
    if judged is None or judged.holds is holds:
        return judged
    return replace(judged, approximate="; ".join(filter(None, (judged.approximate, doubt))))


def _lacking(unknown: tuple[str, ...]) -> str:
    return f"no history of {', '.join(unknown)} reaches back so far" if unknown else ""
