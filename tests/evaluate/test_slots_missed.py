"""Slots that were missed, changed or brought back: what is asked of whom, and what is left alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from evaluate.slotted import MONDAYS, NOON, THIRD, micros
from evaluate.staging import FREE, Stage, at, fact, renamed, rule

from engine import evaluate
from engine.evaluate import Did, Limits
from engine.intake import Kind
from engine.rules.model import OnTrigger, ScheduleTrigger, Trigger
from engine.rules.question import recheck


@pytest.mark.parametrize(
    ("trigger", "left", "backfill", "found"),
    [
        (NOON, 1, "all", 1),
        (THIRD, 1, "all", 1),
        (MONDAYS, 1, "all", 1),
        (MONDAYS, 1, timedelta(days=20), 3),
        (NOON, 1, timedelta(days=1), 0),
    ],
    ids=str,
)
def test_the_past_is_left_alone_but_for_backfill(
    stage: Stage, trigger: Trigger, left: int, backfill: object, found: int
) -> None:
    """Of the slots before a schedule went live the last stands for all; a backfill sends one mail at most."""
    stage.customer("2026-03-01 08:00")
    stage.live("2026-03-20 00:00", rule(trigger))
    assert stage.ask(evaluate.left_alone, at("2026-03-20 00:00")).count == left
    stage.live("2026-03-20 00:00", renamed(rule(trigger, backfill=backfill), "filled"))
    stage.tick("2026-03-20 00:01")
    assert stage.states == ["overtaken"] * (found - 1) + ["enrolled"] * min(found, 1)


def test_slots_since_a_schedule_went_live_are_no_past(stage: Stage) -> None:
    """The last slot of the past stands for all before it, not for those that were missed since: no pass finds more."""
    stage.customer("2026-03-01 08:00")
    daily = ScheduleTrigger(cron="0 12 * * *", zone="UTC")
    stage.live("2026-03-03 00:00", rule(daily, backfill="all", open_for=timedelta(days=3)))
    stage.tick("2026-03-05 12:30")
    assert stage.states == ["overtaken"] * 3 + ["enrolled"]
    assert stage.tick("2026-03-05 12:31", evaluate.Limits()).rules[0].missed == 0


def test_the_brake_sees_the_whole_of_a_slot(stage: Stage) -> None:
    """More than it may write at once: nobody is written to until somebody approves, and then all are."""
    for number in range(5):
        stage.customer("2026-03-01 08:00", f"c{number}")
    stage.live("2026-03-02 00:00", rule(NOON, max_at_once=4))
    assert stage.tick("2026-03-03 12:00").held == (evaluate.Held(rule="tried", count=5, limit=4),)
    assert stage.rows() == []
    evaluate.approve(stage.engine, "tried", at("2026-03-03 13:00"), "op")
    stage.tick("2026-03-03 13:01")
    assert stage.states == ["enrolled"] * 5


def test_a_schedule_that_changed_cancels_what_waits_and_never_repeats_a_slot(stage: Stage) -> None:
    """The same instant in two schedules is one slot; a slot that is no longer one is asked about no more."""
    daily = ScheduleTrigger(cron="0 9 * * *", zone="Europe/Stockholm")
    stage.customer("2026-03-01 08:00")
    stage.live("2026-03-20 12:00", rule(daily))
    stage.ticks("2026-03-21 08:00", "2026-03-23 08:00")
    sunday, monday = (("ana", f"{micros(f'2026-03-{day} 08:00')}/+0d") for day in (22, 23))
    stage.live("2026-03-23 08:00", rule(MONDAYS, backfill=timedelta(days=7)))
    stage.ticks("2026-03-23 08:00", "2026-03-23 12:00")
    said = stage.ask(recheck, {sunday, monday, ("ana", "1" * 30 + "/+0d")}, at("2026-03-23 12:00"))
    assert [said[item] for item in (sunday, monday)] == ["fact changed: the schedule is another", None]
    assert stage.states == ["enrolled"] * 3


def test_a_day_that_was_moved_cancels_what_waits(stage: Stage) -> None:
    """The mail of the old day may not leave any more."""
    stage.customer("2026-03-01 08:00")
    stage.live("2026-03-01 12:00", rule(THIRD))
    stage.tick("2026-03-03 09:00")
    item = ("ana", "2026-03-03/+0d")
    assert stage.ask(recheck, {item}, at("2026-03-03 10:00")) == {item: None}
    stage.live("2026-03-03 10:00", rule(OnTrigger(when=date(2026, 3, 9))))
    assert stage.ask(recheck, {item}, at("2026-03-03 10:00")) == {item: "fact changed: the date is another"}


@pytest.mark.parametrize(
    ("trigger", "offset", "due"),
    [
        (MONDAYS, 0, "2026-03-02 08:00"),
        (ScheduleTrigger(cron="0 9 29 2 *", zone="UTC"), 0, "2028-02-29 09:00"),
        (NOON, 1, "2026-03-04 12:00"),
        (THIRD, 0, "2026-03-03 08:00"),
        (OnTrigger(when=date(2026, 2, 1)), 0, None),
    ],
    ids=str,
)
def test_the_next_time_is_found_without_asking_whom_it_is_for(
    stage: Stage, trigger: Trigger, offset: int, due: str | None
) -> None:
    """Of one customer and of all alike, however far ahead."""
    stage.customer("2026-02-20 08:00", time_zone="Europe/Stockholm")
    stage.live("2026-03-01 00:00", rule(trigger, offset))
    for whose in (None, "ana"):
        found = stage.ask(evaluate.upcoming, now=at("2026-03-01 12:00"), subject_id=whose, limit=1)
        assert [one.due for one in found] == ([at(due)] if due else [])


def test_explain_says_what_became_of_a_slot_and_when_the_next_one_comes(stage: Stage) -> None:
    """Now and at a time in the past."""
    stage.customer("2026-03-01 08:00", score=0)
    stage.live("2026-03-20 00:00", rule(MONDAYS, conditions=[fact("customer.score", "at least", 1)]))
    stage.ticks("2026-03-23 08:00", "2026-03-24 08:00")
    stage.customer("2026-03-24 11:00", "bob", score=1)
    newer = stage.ask(evaluate.explain, "bob", at("2026-03-24 12:00"))
    assert newer.verdict == "nothing has come yet; the next moment is on 2026-03-30 07:00 UTC"
    now = stage.ask(evaluate.explain, "ana", at("2026-03-24 12:00"))
    assert "the conditions did not hold while it was open" in now.verdict
    assert now.upcoming is not None
    assert now.upcoming.due == at("2026-03-30 07:00")
    then = stage.ask(evaluate.explain, "ana", at("2026-03-24 12:00"), at("2026-03-23 12:00"))
    assert "from 2026-03-23 08:00" in then.verdict
    assert "each slot of 0 9 * * MON (at 09:00 on Monday, Europe/Stockholm)" in now.rule_sentence


def test_of_many_everybody_is_found_in_ranges(stage: Stage) -> None:
    """More than one range of keys, more than one write."""
    people = [{"id": f"c{number:04d}"} for number in range(2_100)]
    stage.hear("2026-03-01 08:00", Kind.CUSTOMERS, *people)
    stage.live("2026-03-02 00:00", rule(NOON))
    report = stage.tick("2026-03-03 12:00", Limits(max_at_once=5_000, net=True))
    assert (report.rules[0].did, report.enrolled) == (Did.EVERYBODY, 2_100)
    assert sum(each.missed for each in stage.tick("2026-03-04 03:30", Limits(net=True)).rules) == 0
    assert stage.tick("2026-03-04 04:00", FREE).enrolled == 0
