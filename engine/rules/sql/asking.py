"""What a trigger is asked for: subjects and offsets in a window of time, or the very facts that were decided before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from engine.rules.model import DidTest, Rule, leaves
from engine.rules.sql.dialects import TEXT, WHOLE, Column, Speech
from engine.rules.sql.kept import kept
from engine.rules.sql.sources import PRESENT, Sources
from engine.rules.sql.stored import Subjects

SEND_COLUMNS = {"offset": WHOLE, "days": WHOLE, "rest": WHOLE, "code": TEXT, "label": TEXT}
WINDOW_COLUMNS = {"after": WHOLE, "until": WHOLE, "due_after": WHOLE}
ITEM_COLUMNS = {"item": WHOLE, "subject_id": TEXT, "fact": TEXT}
RUN_COLUMNS = {"zone": TEXT, "first": WHOLE, "last": WHOLE, "shift": WHOLE}
SLOT_COLUMNS = {"at": WHOLE}
ROUND_COLUMNS = {"offset": WHOLE, "key": TEXT, "period": TEXT, "day": WHOLE}


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
    """A question to a trigger; `rows` name subjects and offsets, and with `by_fact` also the fact."""

    rule: Rule
    zone: str
    speech: Speech
    rows: sa.FromClause
    by_fact: bool = False
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

    def due_within(self, due: Column, fact: Column) -> sa.ColumnElement[bool]:
        """Return the same of a due time that is not `instant + offset`."""
        if self.by_fact:
            return fact == self.rows.c.fact
        return sa.and_(due > self.rows.c.due_after, due <= self.rows.c.until)

    def table(self, name: str, columns: Mapping[str, sa.types.TypeEngine[Any]]) -> sa.CTE:
        """Return the rows of a parameter."""
        return kept(self.speech.rows(name, columns), f"{name}_rows")

    def subjects(self, joined: sa.FromClause | None = None) -> tuple[sa.FromClause, Subjects]:
        """Return the question, or what it has been joined with already, joined with the rows of its subjects."""
        return subject_rows(self.rows, self.rule, self.zone, self.sources, joined=joined)


def subject_rows(
    rows: sa.FromClause, rule: Rule, zone: str, sources: Sources, *, joined: sa.FromClause | None = None
) -> tuple[sa.FromClause, Subjects]:
    """Join rows that have a `subject_id`, or a join of them, with the customer and its account, or with the account."""
    company, before = sources.account.alias(), rows if joined is None else joined
    if rule.subject == "account":
        joined = onward(before, company, company.c.id == rows.c.subject_id)
        return joined, Subjects(account=company, customer=None, zone=zone, sources=sources)
    person = sources.customer.alias()
    joined = onward(before, person, person.c.id == rows.c.subject_id)
    with_account = joined.outerjoin(company, company.c.id == person.c.account_id)
    return with_account, Subjects(account=company, customer=person, zone=zone, sources=sources)
