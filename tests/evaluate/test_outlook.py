"""What comes next, without deciding anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from evaluate.staging import FACTS, Stage, at, fact, rule

from engine import evaluate
from engine.db import reading
from engine.rules.model import BackTrigger, DateTrigger, EventTrigger, EveryTrigger, SilentTrigger, Trigger


@pytest.mark.parametrize(
    ("trigger", "offset", "due"),
    [
        (EventTrigger(event="Logged In"), 3, "2026-03-04 10:00"),
        (EventTrigger(event="Logged In", first=True), 2, "2026-03-03 10:00"),
        (SilentTrigger(), 14, "2026-03-15 10:00"),
        (BackTrigger(after=timedelta(days=1)), 1, None),
        (DateTrigger(fact=FACTS["customer.trial_ends_on"]), -1, "2026-04-09 07:00"),
        (DateTrigger(fact=FACTS["customer.demo_at"]), 0, "2026-05-01 15:00"),
        (EveryTrigger(period="year", since=FACTS["customer.signed_up_at"]), 0, "2027-02-01 08:00"),
        (EveryTrigger(period="month", since=FACTS["customer.signed_up_at"]), 0, "2026-04-01 07:00"),
    ],
    ids=str,
)
def test_the_next_moment_is_found_however_far_ahead(
    stage: Stage, trigger: Trigger, offset: int, due: str | None
) -> None:
    """Of one customer and of all alike."""
    facts = {"trial_ends_on": "2026-04-10", "demo_at": "2026-05-01 15:00", "signed_up_at": "2025-02-01 08:00"}
    stage.customer("2026-03-01 08:00", time_zone="Europe/Stockholm", **facts)
    stage.event("2026-03-01 10:00", "Logged In")
    stage.live("2026-03-01 12:00", rule(trigger, offset))
    for whose in (None, "ana"):
        coming = stage.ask(evaluate.upcoming, now=at("2026-03-01 12:00"), subject_id=whose, limit=1)
        assert [one.due for one in coming] == ([at(due)] if due else [])


def test_moments_come_soonest_first_with_whether_they_would_be_enrolled(stage: Stage) -> None:
    """By the facts of now; what was decided already is not among them."""
    for day, person in ((3, "ana"), (2, "bob"), (4, "cy")):
        stage.customer("2026-03-01 08:00", person, trial_ends_on=f"2026-03-0{day}")
    stage.customer("2026-03-01 08:00", "ana", first_name="Ana")
    trigger = DateTrigger(fact=FACTS["customer.trial_ends_on"])
    stage.live("2026-03-01 12:00", rule(trigger, 0, 5, conditions=[fact("customer.first_name", "has")]))
    coming = stage.ask(evaluate.upcoming, now=at("2026-03-01 12:00"), limit=4)
    assert [(one.subject_id, one.due.day, one.conditions_hold_now) for one in coming] == [
        ("bob", 2, False),
        ("ana", 3, True),
        ("cy", 4, False),
        ("bob", 7, False),
    ]
    stage.tick("2026-03-03 09:00")
    again = stage.ask(evaluate.upcoming, now=at("2026-03-03 08:00"), subject_id="ana", limit=4)
    assert [one.occurrence for one in again] == ["2026-03-03/+5d"]


def test_a_rule_that_is_not_live_leaves_alone_all_that_was(stage: Stage) -> None:
    """`plan` asks this of rules that nobody has applied yet."""
    stage.customer("2026-02-01 08:00", "ana", trial_ends_on="2026-02-10")
    stage.customer("2026-02-01 08:00", "bob", trial_ends_on="2026-03-10")
    stage.live("2026-03-01 00:00", rule(DateTrigger(fact=FACTS["customer.trial_ends_on"]), -3, 3))
    program = stage.programs["tried"]
    stage.live("2026-03-01 00:00")
    with reading(stage.engine) as connection:
        past = evaluate.left_alone(connection, program, at("2026-03-05 00:00"))
    assert past == evaluate.LeftAlone(count=1, subjects=1, oldest_due=at("2026-02-13 09:00"))
