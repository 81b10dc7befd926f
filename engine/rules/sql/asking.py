"""What a trigger is asked for: subjects and offsets in a window of time, or the very facts that were decided before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from engine.rules.model import DidTest, Rule, leaves
from engine.rules.sql.candidates import in_range
from engine.rules.sql.dialects import TEXT, WHOLE, Column, Speech
from engine.rules.sql.kept import kept
from engine.rules.sql.sources import PRESENT, Sources
from engine.rules.sql.stored import NEVER, Subjects

SEND_COLUMNS = {"offset": WHOLE, "days": WHOLE, "rest": WHOLE, "code": TEXT, "label": TEXT}
WINDOW_COLUMNS = {"after": WHOLE, "until": WHOLE, "due_after": WHOLE, "first_day": TEXT, "last_day": TEXT}
ITEM_COLUMNS = {"item": WHOLE, "subject_id": TEXT, "fact": TEXT}
RUN_COLUMNS = {"first": TEXT, "last": TEXT, "shift": WHOLE, "begins": WHOLE}
SLOT_COLUMNS = {"at": WHOLE}
ROUND_COLUMNS = {"period": TEXT, "day": WHOLE, "date": TEXT}


class Onward(Join):
    """An inner join that SQLite must do from left to right, whatever its statistics say."""

    inherit_cache = True


@compiles(Onward, "sqlite")
def _left_to_right(join: Onward, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's own)
    options["asfrom"] = True
    options.pop("from_linter", None)
    left, right = compiler.process(join.left, **options), compiler.process(join.right, **options)
    assert join.onclause is not None
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause)}"


def onward(left: sa.FromClause, right: sa.FromClause, on: sa.ColumnElement[bool] | None = None) -> Onward:
    """Join two sources, the left one first."""
    return Onward(left, right, sa.literal_column("1") == sa.literal_column("1") if on is None else on)


def since_trigger(rule: Rule) -> bool:
    """Return whether a condition counts events since the trigger."""
    return any(isinstance(leaf, DidTest) and leaf.since_trigger for leaf in leaves(rule.conditions))


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A question to a trigger; `rows` name subjects and offsets, and with `by_fact` also the fact.

    `carried` are those of their columns that are still asked for when the moments are known. With `ranged` the rows are
    those of all subjects in a range of ids.
    """

    rule: Rule
    zone: str
    speech: Speech
    rows: sa.FromClause
    carried: tuple[str, ...] = ("subject_id",)
    by_fact: bool = False
    ranged: bool = False
    sources: Sources = PRESENT

    @property
    def anchored(self) -> bool:
        """Whether a condition wants the instant of the fact."""
        return since_trigger(self.rule)

    def within(self, instant: Column, fact: Column) -> sa.ColumnElement[bool]:
        """Return whether the moment of an instant is asked for, before its lateness is known."""
        if self.by_fact:
            return fact == self.rows.c.fact
        shift = self.rows.c.offset
        return sa.and_(instant > self.rows.c.due_after - shift, instant <= self.rows.c.until - shift)

    def fact_asked(self, fact: Column) -> sa.ColumnElement[bool]:
        """Return whether a fact is the one that is asked for, where one is."""
        return fact == self.rows.c.fact if self.by_fact else sa.true()

    @property
    def bounds(self) -> tuple[str, ...]:
        """The columns that `due_within` reads."""
        return () if self.by_fact else ("due_after", "until")

    def due_within(self, due: Column) -> sa.ColumnElement[bool]:
        """Return the same as `within` of a due time that is not `instant + offset`."""
        if self.by_fact:
            return sa.true()
        return sa.and_(due > self.rows.c.due_after, due <= self.rows.c.until)

    def learned(self, stamps: Sequence[Column], touched: Sequence[Column], due: Column | None = None) -> Column:
        """Return the last stamp of the inputs of a due time; they are only looked up if they may have come after it.

        `touched` are the stamps of the rows at hand that hold the inputs, and never before theirs; the past has none.
        Without `due`, where that takes long to say, its lowest bound stands for it.
        """
        arrived = self.speech.latest(*stamps)
        if self.by_fact or self.sources is not PRESENT:
            return arrived
        bound = self.rows.c.due_after if due is None else due
        return sa.case((self.speech.latest(*touched) <= bound, NEVER), else_=arrived)

    def table(self, name: str, columns: Mapping[str, sa.types.TypeEngine[Any]]) -> sa.CTE:
        """Return the rows of a parameter."""
        return kept(self.speech.rows(name, columns), f"{name}_rows")

    def day_within(self, day: Column) -> sa.ColumnElement[bool]:
        """Return whether a day of ISO text is one of those, in any zone, whose moment may be asked for."""
        if self.by_fact:
            return sa.true()
        return sa.and_(day >= self.rows.c.first_day, day <= self.rows.c.last_day)

    def subjects(self, joined: sa.FromClause | None = None) -> tuple[sa.FromClause, Subjects]:
        """Return the question, or what it has been joined with already, joined with the rows of its subjects."""
        source = self.rows if joined is None else joined
        own = self.rows if self.ranged else None
        return subject_rows(source, self.rows.c.subject_id, self.rule, self.zone, self.sources, own=own)

    def joined(self, row: sa.FromClause, key: Column, on: sa.ColumnElement[bool] | None = None) -> sa.FromClause:
        """Return the question joined with rows that name its subjects by a key; of a range these may come first."""
        mine = key == self.rows.c.subject_id if on is None else sa.and_(key == self.rows.c.subject_id, on)
        return sa.join(self.rows, row, sa.and_(mine, in_range(key))) if self.ranged else onward(self.rows, row, mine)


def subject_rows(
    source: sa.FromClause,
    subject_id: Column,
    rule: Rule,
    zone: str,
    sources: Sources,
    *,
    own: sa.FromClause | None = None,
) -> tuple[sa.FromClause, Subjects]:
    """Join rows of subjects with the customer and its account, or with the account; `own` says that they are those."""
    joined, row = source, own
    if row is None:
        row = (sources.account if rule.subject == "account" else sources.customer).alias()
        joined = onward(source, row, row.c.id == subject_id)
    if rule.subject == "account":
        return joined, Subjects(id=subject_id, account=row, customer=None, zone=zone, sources=sources)
    company = sources.account.alias()
    with_account = joined.outerjoin(company, company.c.id == row.c.account_id)
    return with_account, Subjects(id=subject_id, account=company, customer=row, zone=zone, sources=sources)
