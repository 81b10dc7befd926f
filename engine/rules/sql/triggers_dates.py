"""Triggers that stand on a date: once, before and after it, or each time it comes round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from engine.clock import span
from engine.rules.model import EveryTrigger, Rule
from engine.rules.sql.arms import Arms, crossed
from engine.rules.sql.asking import ROUND_COLUMNS, RUN_COLUMNS, Asking, onward
from engine.rules.sql.calendars import DAY
from engine.rules.sql.dialects import TEXT, Column
from engine.rules.sql.kept import fenced
from engine.rules.sql.moment import NO_INSTANT, MomentColumns
from engine.rules.sql.stored import NEVER, Subjects, place

DUE_DAYS = "due_days"
DUE_KEYS = "due_keys"
RUNS, ROUNDS = "runs", "rounds"
Truth = sa.ColumnElement[bool]
Moments = tuple[sa.FromClause, MomentColumns, Truth]
_KEY_PLACES = {"year": ("6", "5", "4"), "month": ("9", "2", "7")}
"""Where the key of an anniversary begins in an ISO date, its length, and the length of its period."""


def wants_midnights(rule: Rule, *, anchored: bool) -> bool:
    """Return whether the beginning of the day itself is asked for: to close what lies before it, or to count since."""
    return anchored or _before(rule)


def date_moments(asking: Asking) -> Moments:
    """A date is named by its value: another date is another fact."""
    joined, subjects = asking.subjects()
    where = place(asking.rule.date_fact)
    joined, value, changed = _valued(asking.rule, joined, subjects, where.column)
    if asking.rule.on_days:
        return _local_moments(asking, joined, subjects, value, changed)
    fact, offset = sa.cast(value, TEXT), asking.rows.c.offset
    moment = MomentColumns(
        fact=fact,
        due=value + offset,
        arrived=_arrived(asking, subjects, changed, value + offset),
        closes=sa.case((offset < 0, value), else_=NO_INSTANT) if _before(asking.rule) else NO_INSTANT,
        anchor=value if asking.anchored else NO_INSTANT,
    )
    return joined, moment, asking.within(value, fact)


def _before(rule: Rule) -> bool:
    """Return whether some offset lies before the fact."""
    return any(span(send.offset) < 0 for send in rule.sends)


def _valued(rule: Rule, joined: sa.FromClause, subjects: Subjects, column: str) -> tuple[sa.FromClause, Column, Column]:
    """Return the rows joined with where the date stands, its column, and the stamp of what it stands in."""
    fact = rule.date_fact
    where = place(fact)
    if not where.trait:
        return joined, subjects.value(fact, column), subjects.touched(fact)
    row = subjects.sources.trait.alias()
    mine = sa.and_(
        row.c.subject_type == where.owner,
        row.c.subject_id == subjects.owner_id(where.owner),
        row.c.name == where.trait,
    )
    return onward(joined, row, mine), row.c[column], row.c[where.changed]


def _arrived(asking: Asking, subjects: Subjects, changed: Column, due: Column | None = None) -> Column:
    """Return the last stamp of an input of the due time: the date, the zones, the link to the account."""
    fact = asking.rule.date_fact
    where = place(fact)
    stamps, touched = [subjects.stamp(fact)], {(where.owner, where.changed, where.trait): changed}
    if asking.rule.on_days:
        stamps += zone_stamps(subjects)
        touched["account", "changed_at", None] = subjects.changed("account")
    if fact.subject == "account" and subjects.customer is not None:
        stamps.append(subjects.field_stamp("customer", "account_id"))
    if subjects.customer is not None:
        touched["customer", "changed_at", None] = subjects.changed("customer")
    return asking.learned(stamps, list(touched.values()), due)


def zone_stamps(subjects: Subjects) -> list[Column]:
    """Return the stamps of whatever decides by which clock a subject lives."""
    if subjects.customer is None:
        return [subjects.field_stamp("account", "time_zone")]
    borrowed = subjects.customer.c.time_zone.is_(None)
    linked = [subjects.field_stamp("customer", "account_id"), subjects.field_stamp("account", "time_zone")]
    return [
        subjects.field_stamp("customer", "time_zone"),
        *(sa.case((borrowed, stamp), else_=NEVER) for stamp in linked),
    ]


def _local_moments(
    asking: Asking, joined: sa.FromClause, subjects: Subjects, value: Column, changed: Column
) -> Moments:
    day = asking.speech.day_number(value)
    arrived, wanted = _arrived(asking, subjects, changed), asking.day_within(value)
    return on_day(
        asking, joined, subjects, day=day, date=value, fact=value, arrived=lambda _: arrived, wanted=lambda _: wanted
    )


def on_day(
    asking: Asking,
    joined: sa.FromClause,
    subjects: Subjects,
    *,
    day: Column,
    date: Column,
    fact: Column,
    arrived: Callable[[Column], Column],
    wanted: Callable[[Column], Truth],
    began: Column = NO_INSTANT,
) -> Moments:
    """Return the moments of a calendar day: the due time is the local time on the day the offset leads to.

    `day` is its number and `date` the same as ISO text. `arrived` and `wanted`, a test that comes first, are given the
    due time.
    """
    run = asking.speech.rows_under(RUNS, RUN_COLUMNS, sa.cast(asking.rows.c.offset, TEXT), subjects.local_zone)
    struck = sa.and_(run.columns["first"] <= date, run.columns["last"] >= date)
    due, begins = day * DAY + run.columns["shift"], day * DAY + run.columns["begins"]
    moment = MomentColumns(
        fact=fact,
        due=due,
        arrived=arrived(due),
        closes=sa.case((asking.rows.c.offset < 0, begins), else_=NO_INSTANT) if _before(asking.rule) else NO_INSTANT,
        began=began,
        anchor=begins if asking.anchored else NO_INSTANT,
    )
    carried = (asking.rows.c[name] for name in (*asking.carried, *asking.bounds))
    columns = sa.select(*carried, *moment.labelled()).select_from(onward(joined, run.table, struck))
    rows = fenced(columns.where(wanted(due), asking.fact_asked(fact)), "struck")
    return rows, MomentColumns.of(rows), replace(asking, rows=rows).due_within(rows.c.due)


def _part(column: Column, start: str, length: str) -> Column:
    """Return a part of an ISO date, written as in the index."""
    return sa.type_coerce(sa.func.substr(column, sa.literal_column(start), sa.literal_column(length)), TEXT)


def anniversary_moments(asking: Asking) -> Moments:
    """An anniversary is named by its year, or its month, whatever the date is corrected to."""
    trigger = asking.rule.trigger
    assert isinstance(trigger, EveryTrigger)
    start, length, period = _KEY_PLACES[trigger.period]
    joined, subjects = asking.subjects()
    joined, value, changed = _valued(asking.rule, joined, subjects, _day_column(asking.rule))
    keys = sa.cast(asking.rows.c.offset, TEXT), _part(value, start, length)
    come = asking.speech.rows_under(ROUNDS, ROUND_COLUMNS, *keys)
    fact, day, date = (come.columns[name] for name in ROUND_COLUMNS)
    source, arrived = onward(joined, come.table), _arrived(asking, subjects, changed)
    after = fact > _part(value, "1", period)
    return on_day(
        asking,
        source,
        subjects,
        day=day,
        date=date,
        fact=fact,
        arrived=lambda _: arrived,
        wanted=lambda _: after,
        began=day * DAY,
    )


def _day_column(rule: Rule) -> str:
    where = place(rule.date_fact)
    assert where.day is not None, "`check` refuses anniversaries of a fact that has no calendar day"
    return where.day


def date_arms(rule: Rule, arms: Arms) -> None:
    """Dates that reach an offset, and whoever got another date, account or zone."""
    fact = rule.date_fact
    where = place(fact)
    arms.fact_changed(fact)
    if rule.on_days:
        arms.zone_changed()
        arms.due["days"] = arms.of_fact(where, where.column, lambda column: column.in_(arms.speech.days(DUE_DAYS)))
        return
    for send in rule.sends:
        offset = span(send.offset)
        arms.due[f"date {offset}"] = arms.of_fact(where, where.column, partial(crossed, shift=offset))


def anniversary_arms(rule: Rule, arms: Arms) -> None:
    """Dates of which an anniversary reaches an offset: one range, not one a year."""
    trigger = rule.trigger
    assert isinstance(trigger, EveryTrigger)
    start, length, _ = _KEY_PLACES[trigger.period]

    arms.fact_changed(rule.date_fact)
    arms.zone_changed()
    where, keys = place(rule.date_fact), arms.speech.days(DUE_KEYS).subquery("due_keys")
    day = _part(where.table.c[_day_column(rule)], start, length)
    found = sa.select(where.table.c[where.id]).select_from(onward(keys, where.table, day == keys.c.id))
    arms.due["anniversaries"] = arms.lift(where.owner, found.where(where.rows()))
