"""Triggers that are the same for everybody: the slots of a schedule, and one day or one time.

No fact of a subject says that it is due, so the tick in which a time comes asks everybody, in key ranges. While the
moment is open, the arms find those for whom something changed, and those who came since.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from engine.clock import span, to_micros
from engine.rules.model import OnTrigger, Rule
from engine.rules.sql.arms import Arms, changed
from engine.rules.sql.asking import SLOT_COLUMNS, Asking, onward
from engine.rules.sql.calendars import day_number
from engine.rules.sql.dialects import TEXT, WHOLE, Column
from engine.rules.sql.moment import NO_INSTANT, MomentColumns
from engine.rules.sql.stored import NEVER, TABLES, Subjects
from engine.rules.sql.triggers_dates import Moments, Truth, on_day, zone_stamps

SLOTS = "slots"


def slot_moments(asking: Asking) -> Moments:
    """A slot is named by its instant, so that one that two schedules share is the same."""
    slot = asking.table(SLOTS, SLOT_COLUMNS)
    joined, subjects = asking.subjects()
    fact, due = sa.cast(slot.c.at, TEXT), slot.c.at + asking.rows.c.offset
    moment = MomentColumns(fact=fact, due=due, arrived=sa.literal(NEVER, WHOLE), anchor=slot.c.at)
    return onward(joined, slot), moment, sa.and_(asking.within(slot.c.at, fact), _theirs(asking, subjects, due))


def once_moments(asking: Asking) -> Moments:
    """A day or a time is named as the value of a date is."""
    trigger = asking.rule.trigger
    assert isinstance(trigger, OnTrigger)
    joined, subjects = asking.subjects()
    if not isinstance(trigger.when, datetime):
        day, fact = sa.literal(day_number(trigger.when), WHOLE), sa.literal(trigger.when.isoformat(), TEXT)
        theirs, moved = partial(_theirs, asking, subjects), _moved(asking, subjects)
        return on_day(asking, joined, subjects, day=day, date=fact, fact=fact, arrived=moved, wanted=theirs)
    at, offset = to_micros(trigger.when), asking.rows.c.offset
    value, fact = sa.literal(at, WHOLE), sa.literal(str(at), TEXT)
    moment = MomentColumns(
        fact=fact,
        due=value + offset,
        arrived=sa.literal(NEVER, WHOLE),
        closes=sa.case((offset < 0, value), else_=NO_INSTANT),
        anchor=value,
    )
    return joined, moment, sa.and_(asking.within(value, fact), _theirs(asking, subjects, moment.due))


def _theirs(asking: Asking, subjects: Subjects, due: Column) -> Truth:
    """Return whether a subject was there while a moment was open; where the past does not know it, it was.

    Of what was decided before that was asked then, perhaps at an offset that the rule has no more.
    """
    if asking.by_fact:
        return sa.true()
    created = sa.type_coerce(subjects.owner(subjects.kind).c.created_at, WHOLE)
    return sa.func.coalesce(created <= due + sa.literal(span(asking.rule.open_for), WHOLE), sa.true())


def _moved(asking: Asking, subjects: Subjects) -> Callable[[Column], Column]:
    """Return when a subject's clock became another; whoever came after the due time is not asked late for that."""
    created = sa.type_coerce(subjects.owner(subjects.kind).c.created_at, WHOLE)
    moved = asking.speech.latest(*zone_stamps(subjects))
    return lambda due: sa.case((created <= due, moved), else_=NEVER)


def everybody_arms(rule: Rule, arms: Arms) -> None:
    """Whoever is new, and whose clock may be another; the time itself is no arm: it asks everybody."""
    table = TABLES[rule.subject]
    arms.others[f"{rule.subject}  changed_at"] = sa.select(table.c.id).where(changed(table.c.changed_at))
    if rule.on_days:
        arms.zone_changed()
