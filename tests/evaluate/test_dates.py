"""Dates, each semantic with an example: missing, past, changed, removed, zones, leaps of the clock, short months."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from evaluate.staging import FACTS, Stage, at, fact, rule

from engine.rules.model import DateTrigger, EveryTrigger
from engine.rules.question import recheck

CARD = DateTrigger(fact=FACTS["account.card_expires_on"])
TRIAL = DateTrigger(fact=FACTS["customer.trial_ends_on"])
YEARLY = EveryTrigger(period="year", since=FACTS["account.subscribed_on"])
MONTHLY = EveryTrigger(period="month", since=FACTS["account.subscribed_on"])


def test_a_missing_date_makes_nothing_due(stage: Stage) -> None:
    """Nobody is written to in 1970."""
    stage.live("2026-03-01 00:00", rule(TRIAL, 0))
    stage.customer("2026-03-01 08:00")
    stage.ticks("2026-03-01 08:00", "2026-03-05 00:00")
    assert stage.rows() == []


def test_a_date_that_was_past_when_the_rule_went_live_is_left_alone(stage: Stage) -> None:
    """Also when it becomes known only afterwards, unless it is less than three days late."""
    stage.customer("2026-02-01 08:00", trial_ends_on="2026-02-20")
    stage.live("2026-03-01 00:00", rule(TRIAL, 0))
    stage.customer("2026-03-02 08:00", "bob", trial_ends_on="2026-02-20")
    stage.customer("2026-03-03 08:00", "cy", trial_ends_on="2026-03-02")
    stage.ticks("2026-03-01 08:00", "2026-03-05 00:00")
    assert stage.rows("subject_id", "moment_at") == [("cy", at("2026-03-03 08:00"))]


def test_a_changed_date_arms_again_and_cancels_the_old_one(stage: Stage) -> None:
    """A new card has a new date, and what waits about the old date may not leave any more."""
    stage.live("2026-03-01 00:00", rule(CARD, -7, to_role="owner"))
    stage.account("2026-03-01 08:00", card_expires_on="2026-03")
    stage.ticks("2026-03-23 09:00", "2026-03-25 00:00")
    stage.account("2026-03-25 08:00", card_expires_on="2026-06")
    old = ("acme", "2026-03-31/-7d")
    assert stage.ask(recheck, {old}, at("2026-03-25 09:00")) == {old: "fact changed: the date is another"}
    stage.ticks("2026-06-22 09:00", "2026-06-24 00:00")
    assert stage.rows() == [("2026-03-31/-7d", "enrolled"), ("2026-06-30/-7d", "enrolled")]


def test_a_removed_date_makes_nothing_due(stage: Stage) -> None:
    """Removed before its moment, it is as if it had never been there."""
    stage.live("2026-03-01 00:00", rule(TRIAL, 0))
    stage.customer("2026-03-01 08:00", trial_ends_on="2026-03-04")
    stage.customer("2026-03-02 08:00", trial_ends_on=None)
    stage.ticks("2026-03-02 08:00", "2026-03-06 00:00")
    assert stage.rows() == []


def test_a_mail_before_a_date_is_never_sent_on_it(stage: Stage) -> None:
    """After a night of downtime, "1 day before" ends expired once the day itself has begun."""
    stage.live("2026-03-01 00:00", rule(TRIAL, -1))
    stage.customer("2026-03-01 08:00", trial_ends_on="2026-03-05")
    stage.tick("2026-03-04 08:00")
    stage.tick("2026-03-05 00:00")
    assert stage.states == ["expired"]


@pytest.mark.parametrize(
    ("own", "company", "due"),
    [
        ("Asia/Kolkata", "America/New_York", "2026-03-04 03:30"),
        (None, "America/New_York", "2026-03-04 14:00"),
        (None, None, "2026-03-04 08:00"),
    ],
)
def test_nine_o_clock_is_that_of_the_customer_else_of_the_account_else_of_the_workspace(
    stage: Stage, own: str | None, company: str | None, due: str
) -> None:
    """One rule, three places."""
    stage.customer("2026-02-01 08:00", trial_ends_on="2026-03-04", **({"time_zone": own} if own else {}))
    stage.account("2026-02-01 08:00", "acme", "ana", **({"time_zone": company} if company else {}))
    stage.live("2026-03-01 00:00", rule(TRIAL, 0), zone="Europe/Stockholm")
    stage.ticks("2026-03-03 00:00", "2026-03-06 00:00", timedelta(hours=2))
    assert stage.rows("due_at") == [at(due)]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-03-28", "2026-03-28 01:30"),
        ("2026-03-29", "2026-03-29 01:00"),
        ("2026-10-25", "2026-10-25 00:30"),
    ],
)
def test_half_past_two_when_the_clock_leaps(stage: Stage, day: str, due: str) -> None:
    """In spring, when it does not exist, the leap itself stands for it; in autumn, when it comes twice, the first."""
    stage.customer("2026-02-01 08:00", trial_ends_on=day, time_zone="Europe/Stockholm")
    stage.live("2026-03-01 00:00", rule(TRIAL, 0, at=time(2, 30)))
    stage.ticks(f"{day} 00:00", f"{day} 06:00", timedelta(minutes=30))
    assert stage.rows("due_at") == [at(due)]


def test_the_29th_of_february_is_the_28th_in_other_years(stage: Stage) -> None:
    """And itself again in leap years; no year is left out."""
    stage.account("2026-01-01 08:00", subscribed_on="2024-02-29")
    stage.live("2026-01-01 09:00", rule(YEARLY, 0, to_role="owner"))
    for year in (2026, 2027, 2028):
        stage.ticks(f"{year}-02-27 09:00", f"{year}-03-02 09:00", timedelta(hours=12))
    assert stage.rows("fact", "due_at") == [
        ("2026", at("2026-02-28 09:00")),
        ("2027", at("2027-02-28 09:00")),
        ("2028", at("2028-02-29 09:00")),
    ]


def test_the_31st_is_the_last_day_of_shorter_months(stage: Stage) -> None:
    """Every month has one."""
    stage.account("2026-01-31 08:00", subscribed_on="2026-01-31")
    stage.live("2026-01-31 08:30", rule(MONTHLY, 0, to_role="owner"))
    stage.ticks("2026-01-31 09:00", "2026-05-01 09:00", timedelta(hours=24))
    days = ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert stage.rows("due_at") == [at(f"{day} 09:00") for day in days]


def test_the_day_itself_is_no_anniversary(stage: Stage) -> None:
    """The first one comes a year later."""
    stage.live("2026-03-01 00:00", rule(YEARLY, 0, to_role="owner"))
    stage.account("2026-03-02 08:00", subscribed_on="2026-03-02")
    stage.ticks("2026-03-02 08:00", "2026-03-04 00:00")
    assert stage.rows() == []


def test_a_corrected_date_gives_no_second_anniversary_in_a_year(stage: Stage) -> None:
    """Its key is the year; the mail that still waits is cancelled, since the day is another."""
    stage.account("2026-01-01 08:00", subscribed_on="2024-03-02")
    stage.live("2026-03-01 00:00", rule(YEARLY, 0, to_role="owner"))
    stage.ticks("2026-03-02 08:00", "2026-03-03 00:00")
    stage.account("2026-03-03 08:00", subscribed_on="2024-03-09")
    stage.ticks("2026-03-09 08:00", "2026-03-10 00:00")
    item = ("acme", "2026/+0d")
    assert stage.rows("occurrence") == ["2026/+0d"]
    assert stage.ask(recheck, {item}, at("2026-03-09 10:00")) == {item: "fact changed: the date is another"}


def test_a_window_of_days_turns_at_midnight_where_the_customer_lives(stage: Stage) -> None:
    """`within next 3 days` becomes true in Kolkata five and a half hours before it does in London."""
    soon = fact("customer.trial_ends_on", "within next", timedelta(days=3))
    trigger = DateTrigger(fact=FACTS["customer.demo_at"])
    stage.live("2026-03-01 00:00", rule(trigger, 0, conditions=[soon], open_for=timedelta(hours=12)))
    for person, zone in (("ana", "Asia/Kolkata"), ("bob", "Europe/London")):
        facts = {"trial_ends_on": "2026-03-08", "demo_at": "2026-03-04 17:00"}
        stage.customer("2026-03-01 08:00", person, time_zone=zone, **facts)
    stage.ticks("2026-03-04 16:59", "2026-03-04 18:29", timedelta(minutes=15))
    assert stage.rows("subject_id") == []
    stage.tick("2026-03-04 18:30")
    assert stage.rows("subject_id") == ["ana"]
    stage.ticks("2026-03-04 23:50", "2026-03-05 00:10", timedelta(minutes=5))
    assert stage.rows("subject_id", "decided_at")[1] == ("bob", at("2026-03-05 00:00"))
