"""Quiet hours: nobody is written to at night, and the wait does not make a mail late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from pacing import happened, leave, running, told
from sending import HOUR, add_account, add_customer, enroll, the_message

from engine.outbox.timing import quiet
from engine.providers import Outcome

NIGHT = running("tips: {kind: marketing, quiet hours: 20:00 to 08:00}\n")
BILLS = running("billing: {kind: transactional, quiet hours: 08:00 to 07:00}\n")
TIPS = NIGHT.rules.topics["tips"]
EVENING = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
WHY = "quiet hours of tips (20:00 to 08:00)"


def test_mail_of_the_evening_leaves_in_the_morning(database: sa.Engine) -> None:
    """It waits, told until when and why, leaves as the hours end, and mail of other topics does not wait."""
    add_customer(database)
    happened(database, "tip", EVENING)
    happened(database, "urgent", EVENING)
    assert leave(database, NIGHT, EVENING) == ["urgent"]
    assert told(database) == [("queued", MORNING, WHY)]
    assert leave(database, NIGHT, MORNING - timedelta(microseconds=1)) == []
    assert leave(database, NIGHT, MORNING) == ["tip"]


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("Europe/Stockholm", datetime(2026, 3, 3, 7, 0, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2026, 3, 3, 2, 30, tzinfo=UTC)),
        ("America/New_York", None),
    ],
)
def test_it_is_the_readers_night(database: sa.Engine, zone: str, until: datetime | None) -> None:
    """The hours are those of the clock where the reader lives."""
    add_customer(database, time_zone=zone)
    happened(database, "tip", EVENING)
    assert leave(database, NIGHT, EVENING) == ([] if until else ["tip"])
    assert told(database)[0][:2] == (("queued", until) if until else ("sent", EVENING))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "since", "until"),
    [
        ("20:00 to 08:00", _at("2026-03-28T19:59+01:00"), None, None),
        ("20:00 to 08:00", _at("2026-03-28T20:00+01:00"), _at("2026-03-28T20:00+01:00"), _at("2026-03-29T08:00+02:00")),
        ("20:00 to 08:00", _at("2026-03-29T07:59+02:00"), _at("2026-03-28T20:00+01:00"), _at("2026-03-29T08:00+02:00")),
        ("20:00 to 08:00", _at("2026-03-29T08:00+02:00"), None, None),
        ("20:00 to 02:30", _at("2026-03-29T01:00+01:00"), _at("2026-03-28T20:00+01:00"), _at("2026-03-29T02:00+01:00")),
        ("02:00 to 03:00", _at("2026-03-29T03:00+02:00"), None, None),
        ("20:00 to 02:30", _at("2026-10-25T02:29+02:00"), _at("2026-10-24T20:00+02:00"), _at("2026-10-25T02:30+02:00")),
        ("20:00 to 02:30", _at("2026-10-25T02:15+01:00"), None, None),
        ("12:00 to 14:00", _at("2026-03-02T13:00+01:00"), _at("2026-03-02T12:00+01:00"), _at("2026-03-02T14:00+01:00")),
        ("12:00 to 14:00", _at("2026-03-02T11:00+01:00"), None, None),
        ("00:00 to 08:00", _at("2026-03-02T00:00+01:00"), _at("2026-03-02T00:00+01:00"), _at("2026-03-02T08:00+01:00")),
        ("20:00 to 00:00", _at("2026-03-02T00:00+01:00"), None, None),
    ],
)
def test_the_hours_follow_the_clock(hours: str, now: datetime, since: datetime | None, until: datetime | None) -> None:
    """Days and gaps of the clock are those of the zone: in a gap they end with it, in a fold the first time."""
    topic = running(f"tips: {{kind: marketing, quiet hours: {hours}}}\n").rules.topics["tips"]
    found = quiet(topic, "Europe/Stockholm", now)
    assert (found and found.since, found and found.until) == (since, until)


@pytest.mark.parametrize("late", [timedelta(), 3 * HOUR], ids=["at once", "after some downtime"])
def test_the_wait_does_not_count_as_late(database: sa.Engine, late: timedelta) -> None:
    """What may leave for three days may leave for three days and the ten hours of quiet after it came due."""
    add_customer(database)
    happened(database, "tip", EVENING)
    leave(database, NIGHT, EVENING + late)
    assert the_message(database)["expires_at"] == EVENING + timedelta(days=3) + 10 * HOUR


def test_a_second_attempt_waits_for_the_morning_with_the_same_words(database: sa.Engine) -> None:
    """A mail that was tried in the evening is not tried at night, and stays byte for byte what it was."""
    add_customer(database)
    tried = datetime(2026, 3, 2, 19, 59, tzinfo=UTC)
    happened(database, "tip", tried)
    assert leave(database, NIGHT, tried, outcome=Outcome.NOT_SENT) == ["tip"]
    assert leave(database, NIGHT, tried + HOUR) == []
    assert told(database)[0][1:] == (MORNING, WHY)
    assert leave(database, NIGHT, MORNING) == ["tip"]


def test_nothing_is_sent_after_its_date_because_it_was_quiet(database: sa.Engine) -> None:
    """A mail one day before a date that would have to wait until after it ends, and says why."""
    add_customer(database)
    add_account(database, owners=["ana"], card_expires_on=date(2026, 3, 9))
    due = datetime(2026, 3, 8, 9, 0, tzinfo=UTC)
    closes = datetime(2026, 3, 9, tzinfo=UTC)
    times = {"due_at": due, "moment_at": due, "decided_at": due, "closes_at": closes}
    when = {"fact": "2026-03-09", "offset": -86_400_000_000}
    enroll(database, "acme", "card", "enrolled", subject_type="account", **when, **times)
    assert leave(database, BILLS, due) == []
    found = the_message(database)
    assert (found["status"], found["reason"]) == (
        "expired",
        "too late after the quiet hours of billing (08:00 to 07:00)",
    )


def test_a_topic_has_the_quiet_hours_of_all_marketing_unless_it_has_its_own() -> None:
    """What all marketing shares holds for each of its topics that says nothing else, and for no other topic."""
    said = running(
        "all marketing: {quiet hours: 20:00 to 08:00}\ntips: {kind: marketing, quiet hours: 22:00 to 06:00}\n"
    )
    hours = {name: topic.quiet_hours and topic.quiet_hours.said for name, topic in said.rules.topics.items()}
    assert (hours["tips"], hours["news"], hours["account"]) == ("22:00 to 06:00", "20:00 to 08:00", None)
