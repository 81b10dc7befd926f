"""What applying a changed rule does: what starts anew, what is judged of the past, what counts as done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from evaluate.staging import FACTS, Stage, at, fact, renamed, rule

from engine import evaluate
from engine.rules.model import DateTrigger, EventTrigger, SilentTrigger

CANCEL = EventTrigger(event="Cancelled")
SILENT = SilentTrigger()


def test_a_new_rule_leaves_the_past_alone_and_counts_it(stage: Stage) -> None:
    """Nobody is written to about what lay before, but an operator sees how much that is."""
    for day in ("2026-02-01 10:00", "2026-02-02 10:00"):
        stage.event(day, "Cancelled")
    stage.event("2026-02-02 10:00", "Cancelled", id_="bob")
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.ticks("2026-03-01 00:00", "2026-03-02 00:00", timedelta(hours=6))
    assert stage.rows() == []
    past = stage.ask(evaluate.left_alone, at("2026-03-02 00:00"))
    assert past == evaluate.LeftAlone(count=3, subjects=2, oldest_due=at("2026-02-02 10:00"))


@pytest.mark.parametrize(("backfill", "people"), [(timedelta(days=26), ["bob"]), ("all", ["ana", "bob"])])
def test_backfill_judges_the_past_once_with_one_mail_for_each(
    stage: Stage, backfill: timedelta | str, people: list[str]
) -> None:
    """The latest moment of each is enrolled, the others end overtaken; nothing of it expires."""
    for day in ("2026-01-31 10:00", "2026-02-01 10:00"):
        stage.event(day, "Cancelled")
    for day in ("2026-02-02 10:00", "2026-02-05 10:00"):
        stage.event(day, "Cancelled", id_="bob")
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, backfill=backfill))
    stage.tick("2026-03-01 00:00")
    assert sorted(stage.rows("subject_id", state="enrolled")) == people
    assert stage.rows(state="expired") == []
    before = stage.rows()
    stage.event("2026-03-02 10:00", "Cancelled", "2026-02-03 10:00", id_="cy")
    stage.ticks("2026-03-02 10:00", "2026-03-05 00:00", timedelta(hours=6))
    assert stage.rows() == before


def test_backfill_sends_nothing_that_its_date_has_closed(stage: Stage) -> None:
    """A mail of the day before is not made up for after the day."""
    stage.customer("2026-02-01 08:00", "ana", trial_ends_on="2026-02-20")
    stage.customer("2026-02-01 08:00", "bob", trial_ends_on="2026-03-20")
    stage.live("2026-03-01 00:00", rule(DateTrigger(fact=FACTS["customer.trial_ends_on"]), -30, backfill="all"))
    stage.tick("2026-03-01 00:00")
    assert stage.rows("subject_id", "state") == [("bob", "enrolled")]


@pytest.mark.parametrize(
    ("ticks", "states"),
    [
        (["2026-03-01 00:00", "2026-03-01 11:00"], ["enrolled", "enrolled"]),
        (["2026-03-01 12:00"], ["overtaken", "enrolled"]),
        (["2026-03-02 04:00"], ["expired"]),
    ],
)
def test_what_fell_due_since_a_rule_went_live_is_no_past(stage: Stage, ticks: list[str], states: list[str]) -> None:
    """What closed since then, before the first pass, ends expired, so that the net does not find it undecided."""
    demo = DateTrigger(fact=FACTS["customer.demo_at"])
    stage.customer("2026-02-01 08:00", "ana", demo_at="2026-03-01T23:00:00Z")
    stage.live("2026-03-01 00:00", rule(demo, -2, -0.5, backfill="all", open_for=timedelta(hours=18)))
    for when in ticks:
        stage.tick(when)
    report = stage.tick("2026-03-02 04:01", evaluate.Limits())
    assert (stage.states, report.rules[0].missed) == (states, 0)


def test_what_is_too_late_since_a_rule_went_live_expires_beside_a_backfill(stage: Stage) -> None:
    """The past gives the one mail, however long ago; what fell due in the downtime since is judged as ever."""
    for day in ("2026-02-01 10:00", "2026-02-28 10:00"):
        stage.event(day, "Cancelled")
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, backfill="all"))
    stage.tick("2026-03-10 00:00")
    assert stage.states == ["enrolled", "expired"]


def test_an_edited_rule_never_backfills(stage: Stage) -> None:
    """`backfill` speaks to a rule that never lived; added later, or with a new trigger, it judges nothing."""
    stage.event("2026-02-01 10:00", "Cancelled")
    first = rule(CANCEL, 1)
    stage.live("2026-03-01 00:00", first)
    stage.live("2026-03-02 00:00", replace(first, backfill="all"))
    stage.tick("2026-03-02 01:00")
    stage.live("2026-03-03 00:00", rule(SILENT, 14, backfill="all"))
    stage.tick("2026-03-03 01:00")
    assert stage.rows() == []


def test_changed_conditions_are_asked_of_everybody_at_the_next_tick(stage: Stage) -> None:
    """Whose moment is open is judged by the new conditions; the activation stays."""
    stage.event("2026-03-01 10:00", "Cancelled")
    strict = rule(CANCEL, 1, conditions=[fact("customer.first_name", "has")], open_for=timedelta(hours=6))
    stage.live("2026-03-01 12:00", strict)
    stage.ticks("2026-03-01 13:00", "2026-03-02 12:00", timedelta(hours=1))
    stage.live("2026-03-02 12:30", replace(strict, conditions=rule(CANCEL).conditions))
    report = stage.tick("2026-03-02 12:40")
    assert report.rules[0].did is evaluate.Did.FULL
    assert stage.rows() == [(stage.rows("occurrence")[0], "enrolled")]


def test_a_changed_trigger_starts_anew(stage: Stage) -> None:
    """What fell due under the new trigger before the change is left alone."""
    stage.event("2026-03-01 10:00", "Logged In")
    stage.live("2026-03-02 00:00", rule(CANCEL, 1))
    stage.live("2026-03-02 10:30", rule(EventTrigger(event="Logged In"), 1))
    stage.event("2026-03-02 11:00", "Logged In")
    stage.ticks("2026-03-02 10:30", "2026-03-04 00:00", timedelta(hours=3))
    assert stage.rows("due_at") == [at("2026-03-03 11:00")]


def test_an_added_offset_starts_anew_for_itself_alone(stage: Stage) -> None:
    """The one that was there goes on."""
    stage.event("2026-03-01 10:00", "Logged In")
    stage.live("2026-03-01 12:00", rule(SILENT, 14))
    stage.live("2026-03-10 00:00", rule(SILENT, 3, 14))
    stage.ticks("2026-03-10 00:00", "2026-03-17 00:00", timedelta(hours=12))
    assert stage.rows("offset") == [14 * 86_400_000_000]


def test_a_replaced_offset_counts_for_its_successor(stage: Stage) -> None:
    """14 days made 21: whoever got the mail of this silence gets none again, others get it after 21."""
    stage.live("2026-03-01 00:00", rule(SILENT, 14))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.event("2026-03-05 10:00", "Logged In", id_="bob")
    stage.ticks("2026-03-01 11:00", "2026-03-16 00:00", timedelta(hours=12))
    stage.live("2026-03-16 00:00", rule(SILENT, 21))
    stage.ticks("2026-03-16 00:00", "2026-04-01 00:00", timedelta(hours=12))
    assert stage.rows("subject_id", "due_at") == [("ana", at("2026-03-15 10:00")), ("bob", at("2026-03-26 10:00"))]


def test_the_last_tick_of_the_old_version_loses_nothing(stage: Stage) -> None:
    """What fell due before the change is judged by what was live then."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.live("2026-03-02 10:10", rule(CANCEL, 2))
    stage.tick("2026-03-02 10:20")
    assert stage.rows("due_at") == [at("2026-03-02 10:00")]


def test_a_renamed_rule_keeps_its_ledger_and_its_place(stage: Stage) -> None:
    """`was: old-name`: nobody is written to twice, and nothing is left out."""
    old = rule(CANCEL, 1)
    stage.live("2026-03-01 00:00", old)
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 10:00")
    stage.event("2026-03-02 10:00", "Cancelled")
    stage.live("2026-03-02 10:30", renamed(old, "new-name", was="tried"))
    stage.ticks("2026-03-02 10:30", "2026-03-03 12:00", timedelta(minutes=30))
    assert stage.rows("rule", "state") == [("new-name", "enrolled"), ("new-name", "enrolled")]


def test_a_retired_rule_is_silent_and_comes_back_without_its_past(stage: Stage) -> None:
    """Between its two lives nothing falls due."""
    tried = rule(CANCEL, 1, backfill="all")
    stage.live("2026-03-01 00:00", tried, renamed(tried, "other"))
    stage.tick("2026-03-01 00:30")
    stage.live("2026-03-02 00:00", renamed(tried, "other"))
    stage.event("2026-03-02 10:00", "Cancelled")
    stage.tick("2026-03-03 10:00")
    stage.live("2026-03-03 12:00", tried, renamed(tried, "other"))
    stage.tick("2026-03-03 13:00")
    assert stage.rows("rule") == ["other"]


def test_wording_changes_nothing(stage: Stage) -> None:
    """The same offset in other words is the same occurrence: `after 24 hours` is `after 1 day`."""
    tried = rule(CANCEL, 1)
    stage.live("2026-03-01 00:00", tried)
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 10:00")
    stage.live("2026-03-02 10:10", replace(tried, sends=(replace(tried.sends[0], label="after 24 hours"),)))
    stage.tick("2026-03-02 10:20")
    assert len(stage.rows()) == 1
