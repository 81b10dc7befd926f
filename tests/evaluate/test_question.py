"""The whole question, asked again before a mail leaves."""

from __future__ import annotations

from datetime import timedelta

from evaluate.staging import FACTS, Stage, at, fact, rule

from engine.rules.model import BackTrigger, DidTest, EventTrigger, EveryTrigger, SilentTrigger
from engine.rules.question import recheck

ACTIVE = fact("account.status", "is", "active")


def test_an_occurrence_that_still_stands_may_leave(stage: Stage) -> None:
    """Nothing is said against it, and several are answered at once."""
    stage.live("2026-03-01 00:00", rule(EventTrigger(event="Cancelled"), 1))
    for person in ("ana", "bob"):
        stage.event("2026-03-01 10:00", "Cancelled", id_=person)
    stage.tick("2026-03-02 10:00")
    items = set(stage.rows("subject_id", "occurrence"))
    assert stage.ask(recheck, items, at("2026-03-02 12:00")) == dict.fromkeys(items)


def test_a_condition_that_no_longer_holds_is_named(stage: Stage) -> None:
    """The first of them, in the words of the rule."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="active")
    never = DidTest(event="Report Shared", negated=True)
    stage.live("2026-03-01 00:00", rule(EventTrigger(event="Cancelled"), 1, conditions=[ACTIVE, never]))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 10:00")
    (item,) = stage.rows("subject_id", "occurrence")
    stage.event("2026-03-02 10:30", "Report Shared")
    assert stage.ask(recheck, {item}, at("2026-03-02 11:00")) == {
        item: "conditions no longer hold: has not done Report Shared"
    }
    stage.account("2026-03-02 12:00", status="cancelled")
    assert stage.ask(recheck, {item}, at("2026-03-02 13:00")) == {
        item: "conditions no longer hold: account.status is active"
    }


def test_an_anniversary_still_stands_at_an_offset_that_is_gone(stage: Stage) -> None:
    """Which offsets the rule has by now says nothing about whether the date is the same; another day of it does."""
    monthly = EveryTrigger(period="month", since=FACTS["customer.trial_ends_on"])
    stage.customer("2026-02-01 08:00", trial_ends_on="2026-01-10")
    stage.live("2026-03-01 00:00", rule(monthly, -1, 1))
    stage.tick("2026-03-09 09:30")
    (item,) = stage.rows("subject_id", "occurrence")
    stage.live("2026-03-09 10:00", rule(monthly, 1))
    assert stage.ask(recheck, {item}, at("2026-03-09 11:00")) == {item: None}
    stage.customer("2026-03-09 11:00", trial_ends_on="2026-01-20")
    assert stage.ask(recheck, {item}, at("2026-03-09 12:00")) == {item: "fact changed: the date is another"}


def test_an_ended_silence_cancels_its_mail(stage: Stage) -> None:
    """Whoever is back is not told that we miss them."""
    stage.live("2026-03-01 00:00", rule(SilentTrigger(), 14))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.tick("2026-03-15 10:00")
    (item,) = stage.rows("subject_id", "occurrence")
    stage.event("2026-03-15 10:05", "Logged In")
    assert stage.ask(recheck, {item}, at("2026-03-15 10:06")) == {item: "fact changed: the silence has ended"}


def test_a_return_that_a_late_event_undoes_is_gone(stage: Stage) -> None:
    """It turns out that the customer never was away."""
    stage.live("2026-01-01 00:00", rule(BackTrigger(after=timedelta(days=30))))
    stage.event("2026-01-02 10:00", "Logged In")
    stage.event("2026-02-10 10:00", "Logged In")
    stage.tick("2026-02-10 10:00")
    (item,) = stage.rows("subject_id", "occurrence")
    stage.event("2026-02-10 11:00", "Logged In", "2026-01-20 10:00")
    assert stage.ask(recheck, {item}, at("2026-02-10 12:00")) == {item: "fact changed: the return is gone"}


def test_what_is_no_occurrence_of_the_rule_may_not_leave(stage: Stage) -> None:
    """Of another trigger, of nobody, or of no form at all."""
    stage.live("2026-03-01 00:00", rule(EventTrigger(event="Cancelled"), 1))
    items = {("ana", "2026-03-31/-7d"), ("nobody", "e1/+1d"), ("ana", "nonsense"), ("ana", "/")}
    answers = stage.ask(recheck, items, at("2026-03-02 12:00"))
    assert answers == dict.fromkeys(items, "fact changed: the event is gone")
