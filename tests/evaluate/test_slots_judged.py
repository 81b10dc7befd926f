"""The triggers that are the same for everybody: slots of a schedule, and one day or one time."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from evaluate.slotted import ACTIVE, DAILY, MONDAYS, NOON, THIRD, micros
from evaluate.staging import Stage, at, fact, rule

from engine.evaluate import Did
from engine.rules.model import DidTest, ScheduleTrigger, Trigger
from engine.rules.question import recheck


def test_everybody_who_qualifies_gets_each_slot_once(stage: Stage) -> None:
    """At nine in Stockholm, in winter and in summer; ticks may repeat."""
    for person in ("ana", "bob"):
        stage.customer("2026-03-01 08:00", person, score=1 if person == "ana" else 0)
    stage.live("2026-03-20 00:00", rule(MONDAYS, conditions=[fact("customer.score", "at least", 1)]))
    for _ in range(2):
        stage.ticks("2026-03-23 07:00", "2026-03-31 00:00")
    assert stage.rows("subject_id", "due_at") == [("ana", at("2026-03-23 08:00")), ("ana", at("2026-03-30 07:00"))]
    assert stage.rows("occurrence")[0] == f"{micros('2026-03-23 08:00')}/+0d"


def test_only_the_tick_of_a_slot_looks_at_everybody_and_says_so(stage: Stage) -> None:
    """Between slots nobody is looked at; the pass of a slot is one in the report."""
    stage.customer("2026-03-01 08:00")
    stage.live("2026-03-20 00:00", rule(MONDAYS))
    did = [stage.tick(f"2026-03-23 {hour}").rules[0].did for hour in ("07:59", "08:01", "08:02")]
    assert did == [Did.TICK, Did.EVERYBODY, Did.TICK]


def test_a_slot_is_open_for_who_comes_or_qualifies_a_little_later(stage: Stage) -> None:
    """Within `open_for`; the rest wait for the next slot."""
    stage.account("2026-03-01 08:00", "acme", "ana", status="past due")
    stage.live("2026-03-20 00:00", rule(MONDAYS, conditions=[ACTIVE]))
    stage.tick("2026-03-23 08:00")
    stage.account("2026-03-23 08:30", "acme", status="active")
    stage.tick("2026-03-23 08:31")
    stage.account("2026-03-23 08:40", "zeta", "bob", status="active")
    stage.ticks("2026-03-23 08:41", "2026-03-23 09:05", timedelta(minutes=12))
    stage.account("2026-03-23 09:10", "late", "cy", status="active")
    stage.ticks("2026-03-23 09:11", "2026-03-29 00:00")
    assert stage.rows("subject_id") == ["ana", "bob"]


@pytest.mark.parametrize("trigger", [ScheduleTrigger(cron="0 12 3 3 *", zone="UTC"), NOON, THIRD])
def test_whoever_comes_later_is_not_asked_even_after_downtime(stage: Stage, trigger: Trigger) -> None:
    """The first tick after it judges those who were there while it was open, and nobody else."""
    stage.customer("2026-03-01 10:00", "ana")
    stage.live("2026-03-02 00:00", rule(trigger))
    stage.tick("2026-03-02 01:00")
    stage.customer("2026-03-03 15:00", "bob")
    stage.tick("2026-03-03 16:00")
    assert stage.rows("subject_id") == ["ana"]


def test_a_mail_of_a_newcomer_still_leaves_under_an_earlier_offset(stage: Stage) -> None:
    """Bob came in time for the follow-up; that the rule now writes at the slot itself takes nothing from him."""
    daily = ScheduleTrigger(cron="0 12 3 3 *", zone="UTC")
    stage.live("2026-03-02 00:00", rule(daily, 3))
    stage.customer("2026-03-05 10:00", "bob")
    stage.tick("2026-03-06 12:00")
    (item,) = stage.rows("subject_id", "occurrence")
    stage.live("2026-03-06 12:30", rule(daily, 0))
    assert stage.ask(recheck, {item}, at("2026-03-06 13:00")) == {item: None}


def test_of_slots_missed_together_only_the_latest_is_sent(stage: Stage) -> None:
    """After five days of downtime the oldest are too late, the others overtaken."""
    stage.customer("2026-03-01 08:00")
    stage.live("2026-03-10 00:00", rule(DAILY))
    stage.tick("2026-03-10 12:00")
    stage.tick("2026-03-15 12:00")
    assert stage.rows("due_at", "state") == [
        (at("2026-03-10 01:30"), "enrolled"),
        (at("2026-03-11 01:30"), "expired"),
        (at("2026-03-12 01:30"), "expired"),
        (at("2026-03-13 01:30"), "overtaken"),
        (at("2026-03-14 01:30"), "overtaken"),
        (at("2026-03-15 01:30"), "enrolled"),
    ]


def test_a_slot_may_be_followed_up_for_those_who_did_nothing_since(stage: Stage) -> None:
    """The report at once, and two days later a reminder, of the same slot."""
    unread = DidTest(event="Report Viewed", since_trigger=True, negated=True)
    for person in ("ana", "bob"):
        stage.customer("2026-03-01 08:00", person)
    stage.live("2026-03-20 00:00", rule(MONDAYS, 0, 2, conditions=[unread]))
    stage.ticks("2026-03-23 08:00", "2026-03-23 10:00")
    stage.event("2026-03-24 08:00", "Report Viewed", id_="bob")
    did = [report.rules[0].did for report in map(stage.tick, ("2026-03-25 07:59", "2026-03-25 08:00"))]
    assert did == [Did.TICK, Did.EVERYBODY]
    slot = micros("2026-03-23 08:00")
    assert stage.rows("subject_id", "occurrence") == [
        ("ana", f"{slot}/+0d"),
        ("bob", f"{slot}/+0d"),
        ("ana", f"{slot}/+2d"),
    ]


def test_a_slot_that_opens_again_after_a_later_one_is_overtaken(stage: Stage) -> None:
    """A condition that comes true while two slots are open sends the later one alone, then and afterwards."""
    hourly = ScheduleTrigger(cron="0 * * * *", zone="UTC")
    tried = rule(hourly, conditions=[fact("customer.score", "at least", 1)], open_for=timedelta(hours=6))
    stage.customer("2026-03-01 08:00", score=0)
    stage.live("2026-03-03 09:30", tried)
    stage.ticks("2026-03-03 10:00", "2026-03-03 11:00")
    stage.customer("2026-03-03 11:10", score=1)
    stage.tick("2026-03-03 11:15")
    assert stage.rows("due_at", "state") == [
        (at("2026-03-03 10:00"), "overtaken"),
        (at("2026-03-03 11:00"), "enrolled"),
    ]


@pytest.mark.parametrize(("night", "due"), [("2026-03-29", "01:00"), ("2026-10-25", "00:30")])
def test_a_slot_in_a_gap_of_the_clock_falls_at_its_end_and_in_a_fold_once(stage: Stage, night: str, due: str) -> None:
    """02:30 in Stockholm, on the nights on which the clock changes."""
    stage.customer("2026-03-01 08:00")
    stage.live(f"{night} 00:00", rule(DAILY))
    stage.ticks(f"{night} 00:00", f"{night} 12:00", timedelta(minutes=30))
    assert stage.rows("due_at") == [at(f"{night} {due}")]


def test_a_rule_of_accounts_asks_each_account_once(stage: Stage) -> None:
    """`to: account owner` makes one mail for each account, not one for each of its people."""
    stage.account("2026-03-01 08:00", "acme", "ana", "bob", status="active")
    stage.account("2026-03-01 08:00", "zeta", "cy", status="cancelled")
    stage.live("2026-03-02 00:00", rule(NOON, to_role="owner", conditions=[ACTIVE]))
    stage.tick("2026-03-03 12:00")
    assert stage.rows("subject_type", "subject_id") == [("account", "acme")]


def test_a_day_comes_by_each_readers_own_clock(stage: Stage) -> None:
    """At the rule's `at`; whoever has no clock lives by the workspace's."""
    for person, zone in (("ana", "Asia/Kolkata"), ("bob", "America/New_York"), ("cy", None)):
        stage.customer("2026-03-01 08:00", person, time_zone=zone)
    stage.live("2026-03-02 00:00", rule(THIRD, at=time(10)), zone="Europe/Stockholm")
    stage.ticks("2026-03-02 00:00", "2026-03-05 00:00", timedelta(minutes=30))
    assert stage.rows("subject_id", "due_at") == [
        ("ana", at("2026-03-03 04:30")),
        ("cy", at("2026-03-03 09:00")),
        ("bob", at("2026-03-03 15:00")),
    ]


def test_moments_before_and_after_a_day_are_those_of_a_date(stage: Stage) -> None:
    """A day before, and three days after to whoever has come since, too."""
    stage.customer("2026-03-01 08:00", "ana")
    stage.live("2026-03-01 12:00", rule(THIRD, -1, 3))
    stage.ticks("2026-03-02 09:00", "2026-03-02 11:00")
    stage.customer("2026-03-02 12:00", "bob")
    stage.ticks("2026-03-02 13:00", "2026-03-06 09:00")
    assert stage.rows("subject_id", "occurrence", "state") == [
        ("ana", "2026-03-03/-1d", "enrolled"),
        ("ana", "2026-03-03/+3d", "enrolled"),
        ("bob", "2026-03-03/+3d", "enrolled"),
    ]


def test_since_trigger_counts_from_the_day_or_the_time(stage: Stage) -> None:
    """Thanks go to those who came to the webinar."""
    came = DidTest(event="Webinar Joined", since_trigger=True)
    stage.customer("2026-03-01 08:00", "bob")
    stage.live("2026-03-01 12:00", rule(NOON, 1, conditions=[came]))
    stage.event("2026-03-03 11:00", "Webinar Joined", id_="bob")
    stage.event("2026-03-03 12:30", "Webinar Joined", id_="ana")
    stage.tick("2026-03-04 12:00")
    assert stage.rows("subject_id") == ["ana"]


def test_whose_clock_becomes_another_is_asked_when_that_is_heard(stage: Stage) -> None:
    """Who only comes when it is over is not asked at all, whatever their clock."""
    stage.customer("2026-03-01 08:00", "ana", time_zone="America/New_York")
    stage.live("2026-03-02 00:00", rule(THIRD))
    stage.ticks("2026-03-03 00:00", "2026-03-03 12:00")
    assert stage.rows() == []
    stage.customer("2026-03-03 12:30", "ana", time_zone="Europe/Stockholm")
    stage.customer("2026-03-03 12:30", "bob", time_zone="Europe/Stockholm")
    stage.ticks("2026-03-03 13:00", "2026-03-05 00:00")
    assert stage.rows("subject_id", "due_at", "moment_at") == [
        ("ana", at("2026-03-03 08:00"), at("2026-03-03 12:30")),
    ]
