"""Who is in what a `becomes` rule describes: the statements that let subjects in and out, and keep their episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.models.tables import membership
from engine.rules.model import BecomesTrigger, Condition
from engine.rules.sql.arms import NOW, RULE
from engine.rules.sql.asking import subject_rows
from engine.rules.sql.candidates import IDS
from engine.rules.sql.dialects import TEXT, parameter, probe
from engine.rules.sql.judgement import Judgement
from engine.rules.sql.kept import fenced
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.moment import NO_TEXT, MomentColumns
from engine.rules.sql.triggers_membership import open_episode

ENTERED = parameter("entered")
"""When those who come in now came in; NULL for those who were in when the rule went live."""
ANEW = parameter("anew")
"""1 where the rule has just gone live: open episodes were of what it described before."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """Builds the statements about the membership of some subjects for one database."""

    judgement: Judgement

    def _asked(self, condition: Condition) -> tuple[sa.FromClause, sa.FromClause, sa.ColumnElement[bool]]:
        """Return the subjects asked about, joined with their rows, and whether a condition holds of them now."""
        judgement = self.judgement
        rows = judgement.candidates()
        own = rows if judgement.ranged else None
        source, subjects = subject_rows(
            rows, rows.c.subject_id, judgement.rule, judgement.zone, judgement.sources, own=own
        )
        moment = MomentColumns(fact=NO_TEXT, due=NOW, arrived=NOW, anchor=NOW)
        return rows, source, truth(condition, Scope(subjects=subjects, moment=moment, speech=judgement.speech))

    def _candidates(self) -> tuple[sa.FromClause, sa.FromClause, sa.ColumnElement[bool]]:
        """Return the subjects asked about, and whether they are in by the facts of now."""
        trigger = self.judgement.rule.trigger
        assert isinstance(trigger, BecomesTrigger)
        return self._asked(trigger.conditions)

    def _open(self, rows: sa.FromClause, *tests: Any) -> sa.Exists:  # noqa: ANN401 (functions of a row)
        row = membership.alias()
        mine = open_episode(row, self.judgement.rule, rows.c.subject_id)
        return probe(row, mine, *(test(row) for test in tests))

    def moving(self) -> sa.Select[Any]:
        """Return who comes in or goes out, and `ANEW` who was in before the rule went live: who is inside, who open."""
        rows, source, inside = self._candidates()
        columns = [sa.case((inside, 1), else_=0).label("inside"), sa.case((self._open(rows), 1), else_=0).label("open")]
        seen = fenced(sa.select(rows.c.subject_id.label("id"), *columns).select_from(source), "seen")
        restarts = sa.and_(ANEW == 1, seen.c.open == 1)
        return sa.select(*seen.c).where(sa.or_(seen.c.inside != seen.c.open, restarts))

    def leaving(self) -> sa.Update:
        """Return the statement that ends the episodes of those who are out."""
        return self._of_given().values(left_at=NOW)

    def restarting(self) -> sa.Update:
        """Return the statement that takes open episodes for ones whose beginning was not seen."""
        return self._of_given().values(entered_at=sa.null())

    def _of_given(self) -> sa.Update:
        row, given = membership.c, self._given()
        mine = (row.rule == RULE, row.subject_type == self.judgement.rule.subject, row.left_at.is_(None))
        return sa.update(membership).where(*mine, row.subject_id.in_(sa.select(given.c.id)))

    def _given(self) -> sa.Subquery:
        return self.judgement.speech.texts(IDS).subquery("given")

    def entering(self) -> sa.Insert:
        """Return the statement that begins an episode, numbered after the last, for those who are in and had none."""
        past, given = membership.alias(), self._given()
        kind = sa.literal(self.judgement.rule.subject, TEXT)
        before = sa.select(sa.func.max(past.c.episode)).where(
            past.c.rule == RULE, past.c.subject_type == kind, past.c.subject_id == given.c.id
        )
        columns: dict[str, sa.ColumnElement[Any]] = {
            "rule": RULE,
            "subject_type": kind,
            "subject_id": given.c.id,
            "episode": sa.func.coalesce(before.correlate_except(past).scalar_subquery(), 0) + 1,
            "entered_at": ENTERED,
        }
        chosen = sa.select(*(column.label(name) for name, column in columns.items()))
        return sa.insert(membership).from_select(list(columns), chosen)

    def left_alone(self) -> sa.Select[Any]:
        """Return how many are in without a beginning that makes moments, and meet the conditions now."""
        rows, source, inside = self._asked(self.judgement.rule.asked)
        since = sa.select(sa.func.max(self.judgement.sends().c.until)).scalar_subquery()
        timed = self._open(rows, lambda row: row.c.entered_at >= since)
        count = sa.func.count()
        columns = (count.label("count"), count.label("subjects"), since.label("oldest"))
        return sa.select(*columns).select_from(source).where(inside, sa.not_(timed))
