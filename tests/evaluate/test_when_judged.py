"""When a moment is judged: open, late, expired, overtaken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from evaluate.staging import FACTS, Stage, at, fact, rule

from engine.rules.model import BackTrigger, DateTrigger, DidTest, EventTrigger, SilentTrigger

CANCEL = EventTrigger(event="Cancelled")


def test_a_moment_is_enrolled_once_when_it_is_due(stage: Stage) -> None:
    """Not a minute before, and not again at later or repeated ticks."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 09:59:59")
    assert stage.rows() == []
    for when in ("2026-03-02 10:00", "2026-03-02 10:00", "2026-03-02 10:01", "2026-03-03 10:00"):
        stage.tick(when)
    assert stage.rows("state", "due_at", "moment_at") == [("enrolled", at("2026-03-02 10:00"), at("2026-03-02 10:00"))]


@pytest.mark.parametrize(
    ("learned", "enrolled"),
    [
        ("2026-03-02 10:30", True),
        ("2026-03-02 10:59", True),
        ("2026-03-02 11:30", False),
    ],
)
def test_a_moment_stays_open_for_an_hour(stage: Stage, learned: str, enrolled: bool) -> None:  # noqa: FBT001 (an expectation)
    """A fact that arrives while it is open still counts, one that arrives later does not."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=[fact("customer.first_name", "has")]))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.ticks("2026-03-02 09:00", learned, timedelta(minutes=15))
    stage.customer(learned, first_name="Ana")
    stage.ticks(learned, "2026-03-02 13:00", timedelta(minutes=15))
    assert bool(stage.rows()) is enrolled


@pytest.mark.parametrize(
    ("heard", "state"),
    [
        ("2026-03-02 09:00", "enrolled"),
        ("2026-03-04 09:00", "enrolled"),
        ("2026-03-05 09:59", "enrolled"),
        ("2026-03-05 10:01", None),
    ],
)
def test_a_late_event_is_judged_when_it_arrives(stage: Stage, heard: str, state: str | None) -> None:
    """Up to `too_late_after` past its due time, three days where the rule says nothing; later it is left alone."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.ticks("2026-03-01 01:00", heard, timedelta(hours=5))
    stage.event(heard, "Cancelled", "2026-03-01 10:00")
    stage.ticks(heard, "2026-03-07 00:00", timedelta(hours=5))
    assert stage.states == ([state] if state else [])


@pytest.mark.parametrize(("back_up", "state"), [("2026-03-04 08:00", "enrolled"), ("2026-03-09 08:00", "expired")])
def test_after_downtime_what_was_missed_is_judged_once(stage: Stage, back_up: str, state: str) -> None:
    """A weekend is made up for; what is more than three days late ends expired, and can be listed."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-01 12:00")
    stage.tick(back_up)
    stage.tick(back_up)
    assert stage.states == [state]


def test_of_several_moments_of_a_fact_due_together_the_latest_is_sent(stage: Stage) -> None:
    """The others end overtaken."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, 2, 3))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-01 12:00")
    stage.tick("2026-03-04 10:00")
    assert stage.states == ["overtaken", "overtaken", "enrolled"]


def test_moments_of_two_facts_do_not_overtake_each_other(stage: Stage) -> None:
    """Two events are two facts."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.event("2026-03-01 11:00", "Cancelled")
    stage.tick("2026-03-02 12:00")
    assert stage.states == ["enrolled", "enrolled"]


def test_the_first_event_is_one_fact_however_late_an_earlier_one_is_heard_of(stage: Stage) -> None:
    """Its key is the word `first`."""
    stage.live("2026-03-01 00:00", rule(EventTrigger(event="Report Shared", first=True)))
    stage.event("2026-03-02 10:00", "Report Shared")
    stage.tick("2026-03-02 10:00")
    stage.event("2026-03-02 12:00", "Report Shared", "2026-03-01 09:00")
    stage.event("2026-03-03 12:00", "Report Shared")
    stage.ticks("2026-03-02 12:00", "2026-03-04 00:00", timedelta(hours=5))
    assert stage.rows("occurrence") == ["first/+0d"]


def test_since_trigger_counts_from_the_event_and_leaves_it_out(stage: Stage) -> None:
    """Who cancels again after seeing the page gets no mail; the triggering event itself does not count."""
    again = DidTest(event="Cancelled", negated=True, since_trigger=True)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=[again]))
    for person in ("ana", "bob"):
        stage.event("2026-03-01 08:00", "Cancelled", id_=person)
    stage.event("2026-03-01 08:00", "Cancelled", "2026-03-01 07:00", id_="bob")
    stage.event("2026-03-01 09:00", "Cancelled", id_="bob")
    stage.ticks("2026-03-01 08:00", "2026-03-03 00:00")
    assert stage.rows("subject_id", "due_at") == [("ana", at("2026-03-02 08:00")), ("bob", at("2026-03-02 09:00"))]


def test_each_silence_is_a_fact_of_its_own(stage: Stage) -> None:
    """Whoever comes back and falls silent again is written to again."""
    stage.live("2026-03-01 00:00", rule(SilentTrigger(), 14))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.ticks("2026-03-01 11:00", "2026-03-20 00:00", timedelta(hours=25))
    stage.event("2026-03-20 10:00", "Logged In")
    stage.ticks("2026-03-20 11:00", "2026-04-20 00:00", timedelta(hours=25))
    assert stage.rows("due_at") == [at("2026-03-15 10:00"), at("2026-04-03 10:00")]


def test_a_late_upload_opens_no_second_silence(stage: Stage) -> None:
    """An event heard of too late moves the start of a silence we have written about; it stays one silence."""
    stage.live("2026-03-01 00:00", rule(SilentTrigger(), 14, 30))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.ticks("2026-03-15 10:00", "2026-03-16 00:00", timedelta(hours=7))
    stage.event("2026-03-16 01:00", "Logged In", "2026-03-02 10:00")
    stage.ticks("2026-03-16 01:00", "2026-04-05 00:00", timedelta(hours=7))
    assert stage.rows("due_at") == [at("2026-03-15 10:00"), at("2026-04-01 10:00")]


def test_or_since_stands_in_until_something_happens(stage: Stage) -> None:
    """Silence of somebody who never did anything is counted from the sign-up."""
    trigger = SilentTrigger(or_since=FACTS["customer.signed_up_at"])
    stage.live("2026-03-01 00:00", rule(trigger, 14))
    for person in ("ana", "bob"):
        stage.customer("2026-03-01 08:00", person, signed_up_at="2026-03-01 08:00")
    stage.event("2026-03-05 08:00", "Logged In", id_="bob")
    stage.ticks("2026-03-01 09:00", "2026-03-30 00:00", timedelta(hours=13))
    assert stage.rows("subject_id", "due_at") == [("ana", at("2026-03-15 08:00")), ("bob", at("2026-03-19 08:00"))]


def test_a_return_counts_only_after_a_long_enough_absence(stage: Stage) -> None:
    """Twenty days away are not thirty."""
    stage.live("2026-01-01 00:00", rule(BackTrigger(after=timedelta(days=30))))
    for day in ("2026-01-02 10:00", "2026-01-22 10:00", "2026-02-22 10:00"):
        stage.event(day, "Logged In")
        stage.tick(day)
    assert stage.rows("due_at") == [at("2026-02-22 10:00")]


def test_an_instant_closes_what_comes_before_it(stage: Stage) -> None:
    """The day before a demo is nothing to write about once the demo has begun."""
    stage.live("2026-03-01 00:00", rule(DateTrigger(fact=FACTS["customer.demo_at"]), -1))
    stage.customer("2026-03-01 08:00", demo_at="2026-03-05 10:00")
    stage.customer("2026-03-01 08:00", "bob", demo_at="2026-03-08 10:00")
    stage.tick("2026-03-01 09:00")
    stage.tick("2026-03-05 10:00")
    stage.tick("2026-03-08 09:00")
    assert stage.rows("subject_id", "state") == [("ana", "expired"), ("bob", "enrolled")]
