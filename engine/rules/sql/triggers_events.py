"""Triggers that stand on what customers did: events, silences and returns."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from engine.clock import span
from engine.facts import Fact, FactType
from engine.models.tables import absence, customer, event, event_total
from engine.rules.model import BackTrigger, EventTrigger, Rule, SilentTrigger
from engine.rules.sql.arms import Arms, Ids, changed, crossed
from engine.rules.sql.asking import Asking
from engine.rules.sql.calendars import DAY
from engine.rules.sql.dialects import TEXT, WHOLE, Column, probe
from engine.rules.sql.leaves_events import property_truth
from engine.rules.sql.moment import NO_INSTANT, NO_TEXT, MomentColumns
from engine.rules.sql.stored import NEVER, Subjects, place

FIRST = "first"
SINCE_DAYS = "since_days"
"""The parameter that lists the days whose silence, reckoned from a calendar day, has come to an offset."""
Truth = sa.ColumnElement[bool]
Moments = tuple[sa.FromClause, MomentColumns, Truth]


def event_moments(asking: Asking) -> Moments:
    """Each event is a fact; of `first` there is one, under a key that does not change."""
    trigger = asking.rule.trigger
    assert isinstance(trigger, EventTrigger)
    if trigger.first and not trigger.where:
        return _first_total(asking, trigger)
    row = asking.sources.event.alias()
    fact = sa.literal(FIRST, TEXT) if trigger.first else row.c.id
    wanted = sa.and_(row.c.name == trigger.event, *_where(trigger, row, asking))
    if trigger.first:
        wanted = sa.and_(wanted, sa.not_(_earlier(trigger, row, asking)))
    moment = MomentColumns(
        fact=fact,
        due=row.c.at + asking.rows.c.offset,
        arrived=row.c.received_at,
        anchor=row.c.at if asking.anchored else NO_INSTANT,
        event_id=row.c.id if asking.anchored else NO_TEXT,
    )
    return asking.joined(row, row.c.customer_id, asking.within(row.c.at, fact)), moment, wanted


def _where(trigger: EventTrigger, row: sa.FromClause, asking: Asking) -> list[Truth]:
    return [property_truth(test, row, asking.speech) for test in trigger.where]


def _earlier(trigger: EventTrigger, row: sa.FromClause, asking: Asking) -> Truth:
    other = asking.sources.event.alias()
    before = sa.or_(other.c.at < row.c.at, sa.and_(other.c.at == row.c.at, other.c.id < row.c.id))
    same = sa.and_(other.c.customer_id == row.c.customer_id, other.c.name == trigger.event, other.c.at <= row.c.at)
    return probe(other, same, before, *_where(trigger, other, asking))


def _first_total(asking: Asking, trigger: EventTrigger) -> Moments:
    row, fact = asking.sources.event_total.alias(), sa.literal(FIRST, TEXT)
    joined = asking.joined(row, row.c.customer_id, row.c.name == trigger.event)
    moment = MomentColumns(
        fact=fact,
        due=row.c.first_at + asking.rows.c.offset,
        arrived=row.c.first_changed_at,
        anchor=row.c.first_at if asking.anchored else NO_INSTANT,
        event_id=_event_at(asking, row.c.customer_id, row.c.first_at, trigger.event),
    )
    return joined, moment, asking.within(row.c.first_at, fact)


def _event_at(asking: Asking, customer_id: Column, at: Column, name: str | None) -> Column:
    """Return the event that triggered, where a condition must leave it out; of several at once, the lowest id."""
    if not asking.anchored:
        return NO_TEXT
    row = asking.sources.event.alias()
    found = sa.select(sa.func.min(row.c.id)).where(row.c.customer_id == customer_id, row.c.at == at)
    found = found if name is None else found.where(row.c.name == name)
    return found.correlate_except(row).scalar_subquery()


def event_arms(rule: Rule, arms: Arms) -> None:
    """Events that reach an offset, and late ones as they arrive."""
    trigger = rule.trigger
    assert isinstance(trigger, EventTrigger)
    kept = trigger.first and not trigger.where
    column = event_total.c.first_at if kept else event.c.at
    table = event_total if kept else event
    for send in rule.sends:
        ids = sa.select(table.c.customer_id).where(table.c.name == trigger.event, crossed(column, span(send.offset)))
        arms.due[f"event {send.offset}"] = ids
    arms.events_changed(trigger.event)


def silence_moments(asking: Asking) -> Moments:
    """A silence is named by the instant it began: the last event, or the fact that stands in where there was none."""
    trigger = asking.rule.trigger
    assert isinstance(trigger, SilentTrigger)
    joined, subjects = asking.subjects()
    assert subjects.customer is not None
    if trigger.event is None:
        last, learned = subjects.customer.c.last_seen_at, subjects.customer.c.seen_changed_at
    else:
        row = asking.sources.event_total.alias()
        mine = sa.and_(row.c.customer_id == asking.rows.c.subject_id, row.c.name == trigger.event)
        joined, last, learned = joined.outerjoin(row, mine), row.c.last_at, row.c.last_changed_at
    arrived, due = sa.func.coalesce(learned, NEVER), last + asking.rows.c.offset
    moment = MomentColumns(fact=sa.cast(last, TEXT), due=due, arrived=arrived, began=last)
    if trigger.or_since is not None:
        moment = _or_since(trigger.or_since, asking, subjects, moment)
    return joined, moment, asking.within(moment.began, moment.fact)


def _or_since(fact: Fact, asking: Asking, subjects: Subjects, moment: MomentColumns) -> MomentColumns:
    """Return the moment of a silence that began with a fact where there was no event."""
    value, last = subjects.value(fact), moment.began
    since = asking.speech.day_number(value) * DAY if fact.type is FactType.DATE else value
    stamps, touched = [subjects.stamp(fact)], [subjects.touched(fact)]
    if fact.subject == "account":
        stamps.append(subjects.field_stamp("customer", "account_id"))
        touched.append(subjects.changed("customer"))
    start = sa.func.coalesce(sa.type_coerce(last, WHOLE), sa.type_coerce(since, WHOLE))

    learned = sa.case((last.is_not(None), moment.arrived), else_=asking.learned(stamps, touched))
    return MomentColumns(fact=sa.cast(start, TEXT), due=start + asking.rows.c.offset, arrived=learned, began=start)


def silence_arms(rule: Rule, arms: Arms) -> None:
    """Last events that reach an offset, and their arrival; the same of the fact that stands in."""
    trigger = rule.trigger
    assert isinstance(trigger, SilentTrigger)
    for send in rule.sends:
        arms.due[f"silent {send.offset}"] = _last_reached(trigger, span(send.offset))
    if trigger.event is None:
        arms.others["customer  seen_changed_at"] = sa.select(customer.c.id).where(changed(customer.c.seen_changed_at))
    else:
        arms.events_changed(trigger.event)
    if trigger.or_since is not None:
        _since_arms(trigger.or_since, rule, arms)


def _last_reached(trigger: SilentTrigger, offset: int) -> Ids:
    if trigger.event is None:
        return sa.select(customer.c.id).where(crossed(customer.c.last_seen_at, offset))
    row = event_total
    return sa.select(row.c.customer_id).where(row.c.name == trigger.event, crossed(row.c.last_at, offset))


def _since_arms(fact: Fact, rule: Rule, arms: Arms) -> None:
    where = place(fact)
    arms.fact_changed(fact)
    if fact.type is FactType.DATE:
        arms.due["or since"] = arms.of_fact(
            where, where.column, lambda column: column.in_(arms.speech.days(SINCE_DAYS))
        )
        return
    for send in rule.sends:
        offset = span(send.offset)
        arms.due[f"or since {offset}"] = arms.of_fact(where, where.column, partial(crossed, shift=offset))


def return_moments(asking: Asking) -> Moments:
    """A return is named by the instant that ended the absence."""
    trigger = asking.rule.trigger
    assert isinstance(trigger, BackTrigger)
    row = asking.sources.absence.alias()
    fact = sa.cast(row.c.until_at, TEXT)
    moment = MomentColumns(
        fact=fact,
        due=row.c.until_at + asking.rows.c.offset,
        arrived=row.c.changed_at,
        began=row.c.from_at,
        ended=row.c.until_at,
        anchor=row.c.until_at if asking.anchored else NO_INSTANT,
        event_id=_event_at(asking, row.c.customer_id, row.c.until_at, None),
    )
    long_enough = row.c.until_at - row.c.from_at >= sa.literal(span(trigger.after), WHOLE)
    return asking.joined(row, row.c.customer_id), moment, sa.and_(long_enough, asking.within(row.c.until_at, fact))


def return_arms(rule: Rule, arms: Arms) -> None:
    """Absences whose end reaches an offset, and those that late events made."""
    for send in rule.sends:
        ids = sa.select(absence.c.customer_id).where(crossed(absence.c.until_at, span(send.offset)))
        arms.due[f"back {send.offset}"] = ids
    arms.others["absence changed_at"] = sa.select(absence.c.customer_id).where(changed(absence.c.changed_at))
