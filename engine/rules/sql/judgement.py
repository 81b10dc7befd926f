"""The verdict of a set of moments: which are enrolled, overtaken or expired (reference: docs/semantics.md).

The steps come in this order: candidates, moments, those that are open, those judged. Then a moment is expired if it is
too late; else overtaken if a later one of the same fact was decided before; else enrolled. The offsets of a rule are
decided one by one, the latest first, so that those of one fact that are due together know of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.models.tables import enrollment
from engine.rules.model import Condition, FactTest, Group, Rule, leaves
from engine.rules.sql.arms import NOW, RULE
from engine.rules.sql.asking import ITEM_COLUMNS, SEND_COLUMNS, WINDOW_COLUMNS, Asking, onward, subject_rows
from engine.rules.sql.candidates import candidates
from engine.rules.sql.dialects import TEXT, WHOLE, Column, Speech, parameter, probe
from engine.rules.sql.kept import fenced, kept
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.moment import NO_INSTANT, MomentColumns
from engine.rules.sql.sources import PRESENT, THEN, Sources
from engine.rules.sql.stored import NEVER
from engine.rules.sql.triggers import Moments, row_of

ENROLLED, OVERTAKEN, EXPIRED = "enrolled", "overtaken", "expired"
SENDS, STANDS, ITEMS = "sends", "stands", "items"
FRESH = "fresh"
"""The parameter that names what was decided just now, at a later offset: it guards nothing yet."""
LATE = parameter("late")
"""How long after its time a moment may still be enrolled (L of the definitions)."""
HELD = parameter("held")
"""How long the rule was held: nothing is too late by that."""
LIVE = parameter("live")
"""When the rule went live: what falls due later is no past."""
REPLACES = parameter("replaces")
"""Whether offsets of the rule count for others that it had before."""
_SENDS = {**SEND_COLUMNS, **WINDOW_COLUMNS}
_LOOKED_UP = ("offset", "code", "label", "after", "until")
"""What is still asked of an offset once its moments are known."""
_ALWAYS = Group(kind="all", parts=())
Truth = sa.ColumnElement[bool]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Builds the steps of one rule's judgement for one database."""

    rule: Rule
    zone: str
    speech: Speech
    sources: Sources = PRESENT
    ranged: bool = False

    def candidates(self, *columns: Column, beside: sa.FromClause | None = None) -> sa.Subquery:
        """Return those who are asked about: `subject_id`, beside some columns; of a range their whole rows."""
        who = candidates(self.speech, self.rule.subject, ranged=self.ranged)
        own = who.c if self.ranged else ()
        pairs = sa.select(who.c.id.label("subject_id"), *own, *columns)
        return pairs.select_from(who if beside is None else onward(who, beside)).subquery("asked")

    def sends(self) -> sa.CTE:
        """Return the rule's offsets with the bounds between which their moments are asked for."""
        return kept(self.speech.rows(SENDS, _SENDS), "sends")

    def asked(self) -> sa.Subquery:
        """Return the candidates, each with every offset of the rule."""
        sends = self.sends()
        return self.candidates(*sends.c, beside=sends)

    def moments(self, asked: sa.FromClause, condition: Group, *carried: str) -> sa.Subquery:
        """Return the moments of what is asked, each with whether a condition holds."""
        source, moment, wanted = self._moments(asked, carried=("subject_id", *carried))
        rows = _rows(source, asked)
        source, scope = self.scope(source, rows.c.subject_id, moment, condition)
        columns = [*(rows.c[name] for name in ("subject_id", *carried)), *moment.labelled()]
        columns.append(truth(condition, scope).label("holds"))
        return fenced(sa.select(*columns).select_from(source).where(wanted), "moments")

    def _moments(self, asked: sa.FromClause, *, carried: tuple[str, ...], by_fact: bool = False) -> Moments:
        asking = Asking(
            rule=self.rule,
            zone=self.zone,
            speech=self.speech,
            rows=asked,
            carried=carried,
            by_fact=by_fact,
            ranged=self.ranged,
            sources=self.sources,
        )
        return row_of(self.rule).moments(asking)

    def open(self, condition: Group) -> sa.Subquery:
        """Return the moments of every offset whose time lies in the window and before their close."""
        return self._open(self.moments(self.asked(), condition, *_LOOKED_UP))

    def open_of_one(self) -> sa.Subquery:
        """Return the same of the one offset that is given by parameters."""
        given = {name: parameter(f"send_{name}", kind).label(name) for name, kind in _SENDS.items()}
        row = self.moments(self.candidates(*given.values()), self.rule.conditions)
        return self._open(sa.select(*row.c, *(given[name] for name in _LOOKED_UP)).subquery("timed"))

    @staticmethod
    def _open(row: sa.FromClause) -> sa.Subquery:
        # Written out for either time instead of asked of `at`: most moments need but the due time, which is not after
        # `until` already.
        due, arrived, closes = row.c.due, row.c.arrived, MomentColumns.of(row).closes
        late = sa.and_(arrived > due, arrived <= due + LATE)
        begun = sa.or_(due > row.c.after, sa.and_(late, arrived > row.c.after))
        in_time = sa.or_(
            arrived <= due, arrived > due + LATE, sa.and_(arrived <= row.c.until, *_open_at(arrived, closes))
        )
        at = sa.case((late, arrived), else_=due).label("at")
        return sa.select(*row.c, at).where(begun, *_open_at(due, closes), in_time).subquery("open")

    def scope(
        self, source: sa.FromClause, subject_id: Column, moment: MomentColumns, condition: Group
    ) -> tuple[sa.FromClause, Scope]:
        """Return moments joined with what a condition reads of their subjects, and the scope to ask it in."""
        joined, subjects = subject_rows(source, subject_id, self.rule, self.zone, self.sources)
        facts = any(isinstance(leaf, FactTest) for leaf in leaves(condition))
        return (joined if facts else source), Scope(subjects=subjects, moment=moment, speech=self.speech)

    def judged(self, row: sa.FromClause, *decided: Truth) -> sa.Subquery:
        """Return the open moments that are not decided, that no guard keeps back and whose conditions hold now."""
        wanted = [*([row.c.holds] if self.rule.conditions != _ALWAYS else []), *map(sa.not_, decided)]
        wanted += [sa.not_(guarded)] if (guarded := self.guarded(row)) is not None else []
        return sa.select(*row.c).where(*wanted).subquery("judged")

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
        stands = self.speech.rows_under(STANDS, {"old": WHOLE}, sa.cast(row.c.offset, TEXT))
        old = sa.select(stands.columns["old"]).select_from(stands.table).correlate_except(stands.table)
        return probe(past, *same_fact, past.c.offset.in_(old))

    def guarded(self, row: sa.FromClause) -> Truth | None:
        """Return whether another silence or absence, at this offset or a later one, reaches into this one."""
        column = row_of(self.rule).guarded
        if column is None:
            return None
        past, mine = self._rows_of(row.c.subject_id)
        reaches = sa.and_(past.c.since_at.is_not(None), past.c[column] > row.c.began)
        before = sa.not_((past.c.subject_id + "/" + past.c.occurrence).in_(self.speech.texts(FRESH)))
        other = sa.and_(past.c.fact != row.c.fact, past.c.offset >= row.c.offset, reaches, before)
        return probe(past, *mine, other)

    def verdicts(self, *, known: bool) -> sa.Select[Any]:
        """Return each judged moment of one offset with its state; without `known` also those that have a row of it."""
        if self._series:
            return self._series_verdicts()
        row = self.open_of_one()
        decided = self.decided(row)
        row = self.judged(row, decided if known else sa.and_(REPLACES == 1, decided))
        return self._stated(row, self._later_decided(row))

    def last_verdicts(self) -> sa.Select[Any]:
        """Return the same, moments that have a row among them, where the rule never had a later offset nor another."""
        return self._stated(self.judged(self.open_of_one()))

    def _series_verdicts(self) -> sa.Select[Any]:
        """Return each judged moment of all offsets, of which the latest of a subject overtakes the others."""
        row = self._judged()
        alive = sa.case((self._expired(row), NEVER), else_=row.c.due)
        latest = sa.func.max(alive).over(partition_by=row.c.subject_id)
        ranked = sa.select(*row.c, latest.label("latest")).subquery("ranked")
        return self._stated(ranked, sa.or_(ranked.c.latest > ranked.c.due, self._later_decided(ranked)))

    def _stated(self, row: sa.FromClause, *overtaken: Truth) -> sa.Select[Any]:
        others = [(truth, OVERTAKEN) for truth in overtaken]
        state = sa.case((self._expired(row), EXPIRED), *others, else_=ENROLLED)
        return sa.select(*row.c, sa.type_coerce(state, TEXT).label("state"))

    def _expired(self, row: sa.FromClause) -> Truth:
        last, closes = NOW - LATE - HELD, MomentColumns.of(row).closes
        too_late = sa.and_(row.c.due <= last, row.c.at <= last)
        if closes is NO_INSTANT:
            return too_late
        return sa.or_(too_late, sa.and_(closes.is_not(None), closes <= NOW))

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
        """Return the verdicts of the past and of what came since, one mail a subject.

        Of the past nothing expires, and what is closed is left out.
        """
        row = self._judged()
        expired = sa.case((sa.and_(row.c.at > LIVE, self._expired(row)), 1), else_=0)
        order = [expired, row.c.due.desc(), row.c.fact.desc(), row.c.offset.desc()]
        place = sa.func.row_number().over(partition_by=row.c.subject_id, order_by=order)
        still = sa.or_(row.c.at > LIVE, self._still_open(row))
        ranked = sa.select(*row.c, expired.label("expired"), place.label("place")).where(still).subquery("ranked")
        overtaken = sa.or_(ranked.c.place > 1, self._later_decided(ranked))
        state = sa.case((ranked.c.expired == 1, EXPIRED), (overtaken, OVERTAKEN), else_=ENROLLED)
        return sa.select(*ranked.c, sa.cast(state, TEXT).label("state"))

    def _judged(self) -> sa.Subquery:
        row = self.open(self.rule.conditions)
        return self.judged(row, self.decided(row))

    @staticmethod
    def _still_open(row: sa.FromClause) -> Truth:
        closes = MomentColumns.of(row).closes
        return sa.or_(closes.is_(None), closes > NOW)

    def recheck(self) -> sa.Select[Any]:
        """Return the items whose fact is still the subject's, each with the truth of every part of the conditions."""
        columns = {**ITEM_COLUMNS, **{name: SEND_COLUMNS[name] for name in ("offset", "days", "rest")}}
        items = kept(self.speech.rows(ITEMS, columns), "items")
        source, moment, wanted = self._moments(items, carried=("subject_id", "item"), by_fact=True)
        rows = _rows(source, items)
        source, scope = self.scope(source, rows.c.subject_id, moment, self.rule.conditions)
        parts = (truth(part, scope).label(f"part_{place}") for place, part in enumerate(parts_of(self.rule)))
        return sa.select(rows.c.item, moment.began.label("began"), *parts).select_from(source).where(wanted)

    def outlook(self) -> sa.Select[Any]:
        """Return the open moments, decided or not, each with whether its conditions hold."""
        row = self.open(self.rule.asked)
        decided = sa.case((self.decided(row), 1), else_=0).label("decided")
        guarded = self.guarded(row)
        kept_back = sa.literal(0, WHOLE) if guarded is None else sa.case((guarded, 1), else_=0)
        moment = MomentColumns.of(row)
        columns = [row.c[name] for name in ("subject_id", "fact", "code", "label", "due", "at")]
        columns += [getattr(moment, name).label(name) for name in ("closes", "began", "ended", "anchor", "event_id")]
        columns += [kept_back.label("guarded"), row.c.holds, decided]
        return sa.select(*columns).order_by(row.c.due, row.c.subject_id, row.c.offset)

    def left_alone(self) -> sa.Select[Any]:
        """Return how many moments would be judged that are not closed by now, of how many, and the first of them."""
        row = self._judged()
        still = self._still_open(row)
        totals = {
            "count": sa.func.count(),
            "subjects": sa.func.count(row.c.subject_id.distinct()),
            "oldest": sa.func.min(row.c.due),
        }
        return sa.select(*(total.label(name) for name, total in totals.items())).select_from(row).where(still)


def _open_at(at: Column, closes: Column) -> list[Truth]:
    """Return what tells that a moment is not closed at a time, where moments close."""
    return [] if closes is NO_INSTANT else [sa.or_(closes.is_(None), at < closes)]


def _rows(source: sa.FromClause, asked: sa.FromClause) -> sa.FromClause:
    """Return where the columns of what was asked are found: a trigger that takes steps of its own carries them."""
    return source if isinstance(source, sa.Subquery) else asked


def parts_of(rule: Rule) -> tuple[Condition, ...]:
    """Return the conditions of a rule as they are listed, of which all must hold."""
    return rule.conditions.parts if rule.conditions.kind == "all" else (rule.conditions,)
