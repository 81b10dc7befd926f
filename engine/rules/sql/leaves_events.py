"""`did` and `did not`: how often an event happened, by a bounded probe into the log or by the kept totals."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.clock import span
from engine.facts import text_key
from engine.rules.model import DidTest, PropertyTest
from engine.rules.operators import OPERATORS, Takes, glob_to_like
from engine.rules.sql.arms import NOW
from engine.rules.sql.dialects import REAL, TEXT, WHOLE, Column, Speech
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.stored import Subjects

Truth = sa.ColumnElement[bool]


def did(test: DidTest, subjects: Subjects, moment: MomentColumns, speech: Speech) -> Truth:
    """Return whether the number of events lies within the bounds, or outside them where negated."""
    counted = _counted(test, subjects) if _all_time(test) else _probed(test, subjects, moment, speech)
    return sa.not_(counted) if test.negated else counted


def _all_time(test: DidTest) -> bool:
    return test.within is None and not test.since_trigger and not test.where


def _counted(test: DidTest, subjects: Subjects) -> Truth:
    total = sa.func.coalesce(_total(test, subjects), 0)
    bounds: list[Truth] = [sa.true()]
    bounds += [] if test.at_least is None else [total >= test.at_least]
    bounds += [] if test.at_most is None else [total <= test.at_most]
    return sa.and_(*bounds)


def _total(test: DidTest, subjects: Subjects) -> sa.ScalarSelect[int]:
    row = subjects.sources.event_total.alias()
    total = sa.select(sa.cast(sa.func.sum(row.c["count"]), WHOLE)).where(whose(row, subjects))
    total = total if test.event is None else total.where(row.c.name == test.event)
    return total.correlate_except(row).scalar_subquery()


def whose(row: sa.FromClause, subjects: Subjects) -> Truth:
    """Return whether a row belongs to the customer, or to one of the account's people."""
    if subjects.kind == "customer":
        return row.c.customer_id == subjects.id
    person = subjects.sources.customer.alias()
    people = sa.select(person.c.id).where(person.c.account_id == subjects.id)
    return row.c.customer_id.in_(people.correlate_except(person))


def _probed(test: DidTest, subjects: Subjects, moment: MomentColumns, speech: Speech) -> Truth:
    bounds: list[Truth] = [sa.true()]
    if test.at_least is not None and test.at_least > 0:
        bounds.append(_happened(test, test.at_least, subjects, moment, speech))
    if test.at_most is not None:
        bounds.append(sa.not_(_happened(test, test.at_most + 1, subjects, moment, speech)))
    return sa.and_(*bounds)


def _happened(test: DidTest, times: int, subjects: Subjects, moment: MomentColumns, speech: Speech) -> Truth:
    """Return whether it happened so many times, reading at most so many rows that match."""
    row = subjects.sources.event.alias()
    found: sa.Select[Any] = sa.select(sa.literal_column("1")).where(*counts(test, row, subjects, moment, speech))
    found = found.limit(sa.literal_column("1")).offset(sa.literal_column(str(times - 1)))
    return sa.exists(found.correlate_except(row))


def counts(test: DidTest, row: sa.FromClause, subjects: Subjects, moment: MomentColumns, speech: Speech) -> list[Truth]:
    """Return what makes an event one that is counted."""
    tests = [whose(row, subjects), *(property_truth(part, row, speech) for part in test.where)]
    if test.event is not None:
        tests.append(row.c.name == test.event)
    if test.within is not None:
        tests.append(row.c.at > NOW - sa.literal(span(test.within), WHOLE))
    if test.since_trigger:
        tests += [row.c.at >= moment.anchor, row.c.id != sa.func.coalesce(moment.event_id, "")]
    return tests


def property_truth(test: PropertyTest, row: sa.FromClause, speech: Speech) -> Truth:
    """Return whether an event's property passes a test; false where it is missing or of another type."""
    operator = OPERATORS[test.operator]
    if operator.takes is Takes.NOTHING:
        kinds = [speech.property(row.c["keys"], test.name, kind).is_not(None) for kind in (str, float, bool)]
        known = sa.or_(*kinds)
        return sa.not_(known) if test.operator == "missing" else known
    first = test.operands[0]
    kind = bool if isinstance(first, bool) else str if isinstance(first, str) else float
    column = speech.property(row.c["keys"], test.name, kind)
    return sa.func.coalesce(operator.sql(column, [_operand(test, value) for value in test.operands]), sa.false())


def _operand(test: PropertyTest, value: str | float | bool) -> Column:  # noqa: FBT001 (a value, not a flag)
    if isinstance(value, bool):
        return sa.literal(int(value), WHOLE)
    if isinstance(value, str):
        key = text_key(value)
        return sa.literal(glob_to_like(key) if OPERATORS[test.operator].takes is Takes.GLOB else key, TEXT)
    return sa.literal(float(value), REAL)
