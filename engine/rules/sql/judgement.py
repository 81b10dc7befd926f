"""The verdict of a set of moments: which are enrolled, overtaken or expired (reference: docs/semantics.md).

The steps are computed once each and in this order: candidates, moments, those that are open, those judged. Then a
moment is expired if it is too late; else overtaken if a later one of the same fact is judged with it or was decided
before; else enrolled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.models.tables import enrollment
from engine.rules.model import Condition, Rule
from engine.rules.sql.arms import NOW, RULE
from engine.rules.sql.asking import ITEM_COLUMNS, SEND_COLUMNS, WINDOW_COLUMNS, Asking, onward, subject_rows
from engine.rules.sql.dialects import TEXT, WHOLE, Column, Speech, parameter, probe
from engine.rules.sql.kept import kept
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.sources import PRESENT, THEN, Sources
from engine.rules.sql.stored import NEVER
from engine.rules.sql.triggers import row_of

ENROLLED, OVERTAKEN, EXPIRED = "enrolled", "overtaken", "expired"
IDS, SENDS, STANDS, ITEMS = "ids", "sends", "stands", "items"
LATE = parameter("late")
"""How long after its time a moment may still be enrolled (L of the definitions)."""
HELD = parameter("held")
"""How long the rule was held: nothing is too late by that."""
Truth = sa.ColumnElement[bool]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Builds the steps of one rule's judgement for one database."""

    rule: Rule
    zone: str
    speech: Speech
    sources: Sources = PRESENT

    def sends(self) -> sa.CTE:
        """Return the rule's offsets with the bounds between which their moments are asked for."""
        return kept(self.speech.rows(SENDS, {**SEND_COLUMNS, **WINDOW_COLUMNS}), "sends")

    def asked(self) -> sa.CTE:
        """Return the candidates, each with every offset of the rule."""
        candidates, sends = kept(self.speech.texts(IDS), "candidates"), self.sends()
        pairs = sa.select(candidates.c.id.label("subject_id"), *sends.c).select_from(onward(candidates, sends))
        return kept(pairs, "asked")

    def moments(self, asked: sa.FromClause, *, by_fact: bool = False) -> sa.CTE:
        """Return the moments of what is asked."""
        asking = Asking(
            rule=self.rule, zone=self.zone, speech=self.speech, rows=asked, by_fact=by_fact, sources=self.sources
        )
        source, moment, wanted = row_of(self.rule).moments(asking)
        carried = [column for column in asked.c if column.name not in {"fact", "due_after"}]
        return kept(sa.select(*carried, *moment.labelled()).select_from(source).where(wanted), "moments")

    def open(self) -> sa.CTE:
        """Return the moments whose time lies in the window and before their close; `at` is that time."""
        row = self.moments(self.asked())
        late = sa.and_(row.c.arrived > row.c.due, row.c.arrived <= row.c.due + LATE)
        at = sa.case((late, row.c.arrived), else_=row.c.due).label("at")
        timed = sa.select(*row.c, at).subquery("timed")
        before_close = sa.or_(timed.c.closes.is_(None), timed.c.at < timed.c.closes)
        inside = sa.and_(timed.c.at > timed.c.after, timed.c.at <= timed.c.until, before_close)
        return kept(
            sa.select(*(column for column in timed.c if column.name not in {"until", "after"})).where(inside), "open"
        )

    def conditions(self, rows: sa.FromClause) -> tuple[sa.FromClause, Scope]:
        """Return moments joined with their subjects' rows, and the scope in which conditions are asked of them."""
        source, subjects = subject_rows(rows, self.rule, self.zone, self.sources)
        return source, Scope(subjects=subjects, moment=MomentColumns.of(rows), speech=self.speech)

    def judged(self) -> sa.CTE:
        """Return the open moments that have no row, that no guard keeps back and whose conditions hold now."""
        row = self.open()
        source, scope = self.conditions(row)
        wanted = [sa.not_(self.decided(row)), truth(self.rule.conditions, scope)]
        wanted += [sa.not_(guarded)] if (guarded := self.guarded(row)) is not None else []
        return kept(sa.select(*row.c).select_from(source).where(*wanted), "judged")

    def _rows_of(self, subject_id: Column) -> tuple[sa.FromClause, list[Truth]]:
        past = enrollment.alias()
        mine = [past.c.subject_type == self.rule.subject, past.c.subject_id == subject_id, past.c.rule == RULE]
        then = [] if self.sources is PRESENT else [sa.type_coerce(past.c.decided_at, WHOLE) <= THEN]
        return past, [*mine, past.c.step == "", *then]

    def _rows_of_fact(self, row: sa.FromClause) -> tuple[sa.FromClause, list[Truth]]:
        """Return the ledger's rows of the same fact, by a range of their keys: `fact/` up to the sign after `/`."""
        past, mine = self._rows_of(row.c.subject_id)
        low, high = row.c.fact.op("||")(sa.literal("/", TEXT)), row.c.fact.op("||")(sa.literal("0", TEXT))
        keys = sa.and_(past.c.occurrence > low, past.c.occurrence < high, past.c.fact == row.c.fact)
        return past, [*mine, keys]

    def decided(self, row: sa.FromClause) -> Truth:
        """Return whether a moment has a row, under its own offset or one that it replaced."""
        past, same_fact = self._rows_of_fact(row)
        stands = kept(self.speech.rows(STANDS, {"offset": WHOLE, "old": WHOLE}), "stands")
        offsets = sa.select(stands.c.old).where(stands.c.offset == row.c.offset).correlate_except(stands)
        return probe(past, *same_fact, past.c.offset.in_(offsets))

    def guarded(self, row: sa.FromClause) -> Truth | None:
        """Return whether another silence or absence, at this offset or a later one, reaches into this one."""
        column = row_of(self.rule).guarded
        if column is None:
            return None
        past, mine = self._rows_of(row.c.subject_id)
        reaches = sa.and_(past.c.since_at.is_not(None), past.c[column] > row.c.began)
        other = sa.and_(past.c.fact != row.c.fact, past.c.offset >= row.c.offset, reaches)
        return probe(past, *mine, other)

    def verdicts(self) -> sa.Select[Any]:
        """Return each judged moment with its state."""
        row = self.judged()
        expired = sa.or_(row.c.at <= NOW - LATE - HELD, sa.and_(row.c.closes.is_not(None), row.c.closes <= NOW))
        marked = sa.select(*row.c, sa.case((expired, 1), else_=0).label("expired")).subquery("marked")
        order, *same = ("due",) if self._series else ("offset", "fact")
        latest = sa.func.max(sa.case((marked.c.expired == 0, marked.c[order]), else_=NEVER)).over(
            partition_by=[marked.c.subject_id, *(marked.c[name] for name in same)]
        )
        ranked = sa.select(*marked.c, latest.label("latest")).subquery("ranked")
        overtaken = sa.or_(ranked.c.latest > ranked.c[order], self._later_decided(ranked))
        state = sa.case((ranked.c.expired == 1, EXPIRED), (overtaken, OVERTAKEN), else_=ENROLLED)
        return sa.select(*ranked.c, sa.cast(state, TEXT).label("state"))

    @property
    def _series(self) -> bool:
        return row_of(self.rule).series

    def _later_decided(self, row: sa.FromClause) -> Truth:
        if self._series:
            past, mine = self._rows_of(row.c.subject_id)
            return probe(past, *mine, sa.type_coerce(past.c.due_at, WHOLE) > row.c.due)
        past, same_fact = self._rows_of_fact(row)
        return probe(past, *same_fact, past.c.offset > row.c.offset)

    def backfill_verdicts(self) -> sa.Select[Any]:
        """Return the verdicts of the past: nothing expires, what is closed is left out, one mail a subject."""
        row = self.judged()
        place = sa.func.row_number().over(
            partition_by=row.c.subject_id, order_by=[row.c.due.desc(), row.c.fact.desc(), row.c.offset.desc()]
        )
        still = sa.or_(row.c.closes.is_(None), row.c.closes > NOW)
        ranked = sa.select(*row.c, place.label("place")).where(still).subquery("ranked")
        overtaken = sa.or_(ranked.c.place > 1, self._later_decided(ranked))
        state = sa.case((overtaken, OVERTAKEN), else_=ENROLLED)
        return sa.select(*ranked.c, sa.cast(state, TEXT).label("state"))

    def recheck(self) -> sa.Select[Any]:
        """Return the items whose fact is still the subject's, each with the truth of every part of the conditions."""
        columns = {**ITEM_COLUMNS, **{name: SEND_COLUMNS[name] for name in ("offset", "days", "rest")}}
        row = self.moments(kept(self.speech.rows(ITEMS, columns), "items"), by_fact=True)
        source, scope = self.conditions(row)
        parts = (truth(part, scope).label(f"part_{place}") for place, part in enumerate(parts_of(self.rule)))
        return sa.select(row.c.item, row.c.began, *parts).select_from(source)

    def outlook(self) -> sa.Select[Any]:
        """Return the open moments, decided or not, each with whether its conditions hold."""
        row = self.open()
        source, scope = self.conditions(row)
        holds = truth(self.rule.asked, scope).label("holds")
        decided = sa.case((self.decided(row), 1), else_=0).label("decided")
        guarded = self.guarded(row)
        kept_back = sa.literal(0, WHOLE) if guarded is None else sa.case((guarded, 1), else_=0)
        columns = [
            *(row.c[name] for name in ("subject_id", "fact", "code", "label", "due", "at", "closes")),
            *(row.c[name] for name in ("began", "ended", "anchor", "event_id")),
            kept_back.label("guarded"),
        ]
        return (
            sa.select(*columns, holds, decided).select_from(source).order_by(row.c.due, row.c.subject_id, row.c.offset)
        )

    def left_alone(self) -> sa.Select[Any]:
        """Return how many moments would be judged that are not closed by now, of how many, and the first of them."""
        row = self.judged()
        still = sa.or_(row.c.closes.is_(None), row.c.closes > NOW)
        totals = {
            "count": sa.func.count(),
            "subjects": sa.func.count(row.c.subject_id.distinct()),
            "oldest": sa.func.min(row.c.due),
        }
        return sa.select(*(total.label(name) for name, total in totals.items())).select_from(row).where(still)


def parts_of(rule: Rule) -> tuple[Condition, ...]:
    """Return the conditions of a rule as they are listed, of which all must hold."""
    return rule.conditions.parts if rule.conditions.kind == "all" else (rule.conditions,)
