"""What an evaluation decided, read from its ledger: by rule and day, with the names of whom it concerns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.db import reading
from engine.models.tables import account, customer, enrollment
from engine.rules.sql.judgement import ENROLLED, EXPIRED, OVERTAKEN

NAMED_AT_ONCE = 500
Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One moment as it was decided: `state` is enrolled, overtaken or expired, `at` its time, aware UTC."""

    rule: str
    subject_type: str
    subject_id: str
    name: str = ""
    moment: str
    at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Day:
    """How many moments of one rule and one day were decided how; `listed` are some or all of them, in time."""

    day: date
    enrolled: int
    overtaken: int
    expired: int
    listed: tuple[Decided, ...]


_DECIDED = (
    sa.select(
        enrollment.c.rule,
        enrollment.c.subject_type,
        enrollment.c.subject_id,
        enrollment.c.send.label("moment"),
        enrollment.c.moment_at.label("at"),
        enrollment.c.state,
    )
    .where(enrollment.c.rule == sa.bindparam("of"))
    .order_by(enrollment.c.moment_at, enrollment.c.subject_id, enrollment.c.occurrence)
)


def days(ledger: sa.Engine, rule: str, *, start: datetime, zone: str, listed: int | None) -> list[Day]:
    """Return the days, by a zone, on which a rule decided anything.

    What a `backfill` judged of the time before `start` counts for the first day. `listed` is how many of those
    enrolled are listed of each day; with None, everybody is, also who was overtaken or expired.
    """
    place = ZoneInfo(zone)
    with reading(ledger) as connection:
        every = (Decided(**row) for row in connection.execute(_DECIDED, {"of": rule}).mappings())
        by_day = groupby(every, key=lambda one: max(one.at, start).astimezone(place).date())
        return [_day(day, moments, listed) for day, moments in by_day]


def _day(day: date, moments: Iterable[Decided], listed: int | None) -> Day:
    counts: Counter[str] = Counter()
    shown: list[Decided] = []
    for one in moments:
        counts[one.state] += 1
        if listed is None or (one.state == ENROLLED and counts[ENROLLED] <= listed):
            shown.append(one)
    return Day(
        day=day,
        enrolled=counts[ENROLLED],
        overtaken=counts[OVERTAKEN],
        expired=counts[EXPIRED],
        listed=tuple(shown),
    )


def named(database: sa.Engine, found: Iterable[Day]) -> tuple[Day, ...]:
    """Return days with the names that those listed have now; of whom none is known, the id."""
    every = list(found)
    listed = [one for day in every for one in day.listed]
    names: dict[tuple[str, str], str] = {}
    for subject, chosen in _NAMES.items():
        ids = sorted({one.subject_id for one in listed if one.subject_type == subject})
        for some in (ids[first : first + NAMED_AT_ONCE] for first in range(0, len(ids), NAMED_AT_ONCE)):
            names |= _names(database, subject, chosen, some)
    return tuple(replace(day, listed=tuple(_with_name(one, names) for one in day.listed)) for day in every)


_NAMES = {
    "customer": sa.select(customer.c.id, customer.c.first_name, customer.c.last_name),
    "account": sa.select(account.c.id, account.c.name),
}


def _names(database: sa.Engine, subject: str, chosen: sa.Select[tuple[str, ...]], ids: Sequence[str]) -> Names:
    id_ = chosen.selected_columns[0]
    with reading(database) as connection:
        rows = connection.execute(chosen.where(id_.in_(ids))).all()
    return {(subject, row[0]): " ".join(filter(None, row[1:])) for row in rows}


def _with_name(one: Decided, names: Names) -> Decided:
    return replace(one, name=names.get((one.subject_type, one.subject_id)) or one.subject_id)
