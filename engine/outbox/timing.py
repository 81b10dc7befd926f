"""When a message may leave, and when it is too late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.clock import from_micros, to_micros
from engine.policy import Quiet
from engine.rules.model import DEFAULT_AT, Rule, Topic
from engine.rules.sql.calendars import MIDNIGHT, day_number, strikes, today


def not_before(rule: Rule, *, due: datetime, reader_zone: str, closes: datetime | None = None) -> datetime:
    """Return when a message may leave: at the first of the rule's times of day at or after due where its reader lives.

    A moment that is an instant, of a rule that names no time, leaves at once; so does what would close before that
    time. A gap of the clock moves it to the gap's end; a time that comes twice counts once, the first time.
    """
    if rule.at is None and not rule.on_days:
        return due
    first = today(reader_zone, to_micros(due))
    times = (from_micros(strikes(reader_zone, day, rule.at or DEFAULT_AT)) for day in range(first, first + 3))
    leaves = next(time for time in times if time >= due)
    return leaves if closes is None or leaves < closes else due


def expires_at(
    rule: Rule,
    *,
    moment: datetime,
    decided: datetime,
    held: timedelta = timedelta(),
    leaves: datetime,
    closes: datetime | None,
) -> datetime:
    """Return when a message is too late: `too_late_after` its moment, or after it may leave where that comes later.

    A backfilled moment lies longer ago than that; it counts from when it was decided. The time that the rule was `held`
    before does not count. Nothing is sent past its close.
    """
    span = max(rule.too_late_after, rule.open_for)
    waited = min(moment + held, decided)
    judged_in_time = waited + span > decided
    late = max(waited if judged_in_time else decided, leaves) + span
    return late if closes is None else min(late, closes)


def closes_at(rule: Rule, fact: str, closes: datetime | None, *, reader_zone: str) -> datetime | None:
    """Return when a mail about a day yet to come has lost its sense: as that day begins where its reader lives."""
    if closes is None or not rule.on_days:
        return closes
    return from_micros(strikes(reader_zone, day_number(date.fromisoformat(fact)), MIDNIGHT))


def quiet(topic: Topic, zone: str, now: datetime) -> Quiet | None:
    """Return the topic's quiet hours that it is in a reader's zone; None outside of them, and where it has none.

    Their ends strike as `at` does: in a gap of the clock at its end, of a time that comes twice the first time.
    """
    hours = topic.quiet_hours
    if hours is None:
        return None
    day = today(zone, to_micros(now))
    for first in (day - 1, day):
        last = first if hours.end > hours.start else first + 1
        since, until = from_micros(strikes(zone, first, hours.start)), from_micros(strikes(zone, last, hours.end))
        if since <= now < until:
            return Quiet(of=topic.name, said=hours.said, since=since, until=until)
    return None
