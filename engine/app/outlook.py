"""What lies before each rule went live, with the `backfill` that would include it, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine.evaluate import LeftAlone, left_alone, upcoming
from engine.runtime import Runtime

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Past:
    """The moments of a rule that are left alone; `backfill` is the duration that would include them all."""

    rule: str
    moments: int
    subjects: int
    oldest_due: datetime
    backfill: str


@dataclass(frozen=True, kw_only=True)
class Next:
    """The next moment of a rule: whose, which, and whether its conditions hold by the facts of now."""

    rule: str
    due: datetime
    moment: str
    subject: str
    conditions_hold_now: bool


def pasts(
    connection: sa.Connection, running: Runtime, rules: Iterable[str], now: datetime, *, fresh_only: bool = False
) -> tuple[Past, ...]:
    """Return a row for each of these rules that leaves moments alone; `fresh_only` of what goes live at `now`."""
    whole = [rule for rule in rules if running.rules.rules[rule].backfill != "all"]
    found = ((rule, left_alone(connection, running.programs[rule], now, fresh_only=fresh_only)) for rule in whole)
    return tuple(
        _past(rule, row, row.oldest_due, now) for rule, row in found if row.oldest_due and row.oldest_due <= now
    )


def _past(rule: str, found: LeftAlone, oldest: datetime, now: datetime) -> Past:
    days = (now - oldest) // DAY + 1
    return Past(
        rule=rule,
        moments=found.count,
        subjects=found.subjects,
        oldest_due=oldest,
        backfill=f"{days} day{'' if days == 1 else 's'}",
    )


def nexts(
    connection: sa.Connection, running: Runtime, rules: Iterable[str], now: datetime, customer: str | None = None
) -> tuple[Next, ...]:
    """Return the next moment after `now` of each of these rules that has one, the soonest first."""
    rows = [
        Next(
            rule=rule,
            due=each.due,
            moment=each.label,
            subject=each.subject_id,
            conditions_hold_now=each.conditions_hold_now,
        )
        for rule in rules
        for each in upcoming(connection, running.programs[rule], now=now, subject_id=customer, limit=1)
    ]
    return tuple(sorted(rows, key=lambda row: row.due))
