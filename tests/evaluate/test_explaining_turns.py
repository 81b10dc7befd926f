"""Explaining what comes: when conditions turn, what is next, and what cannot be answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from evaluate.explained import CANCEL, explain
from evaluate.staging import FACTS, Stage, at, fact, rule

from engine import evaluate
from engine.db import writing
from engine.errors import LifecycleError
from engine.models.tables import fact_change
from engine.rules.model import (
    BackTrigger,
    DateTrigger,
    DidTest,
    EveryTrigger,
    FactTest,
    SilentTrigger,
    Trigger,
)

DAYS = timedelta(days=3)
TURNS = {
    "within last, an instant": (fact("customer.demo_at", "within last", DAYS), "2026-03-13 12:00", False),
    "more than ago, an instant": (fact("customer.demo_at", "more than ago", DAYS), "2026-03-13 12:00", True),
    "within next, a day": (fact("customer.trial_ends_on", "within next", DAYS), "2026-03-16 23:00", True),
    "within last, a day": (fact("account.renews_on", "within last", DAYS), "2026-03-12 23:00", False),
    "more than ago, a day": (fact("account.renews_on", "more than ago", DAYS), "2026-03-12 23:00", True),
    "did, twice": (DidTest(event="Logged In", at_least=2, within=DAYS), "2026-03-12 08:00", False),
    "did not": (DidTest(event="Logged In", negated=True, within=DAYS), "2026-03-12 10:00", True),
    "at most once": (DidTest(event="Logged In", at_least=None, at_most=1, within=DAYS), "2026-03-12 08:00", True),
    "nothing of time": (fact("customer.score", "at least", 10), None, False),
}


@pytest.mark.parametrize(("condition", "when", "holds"), TURNS.values(), ids=TURNS)
def test_it_says_when_conditions_turn_by_the_clock_alone(
    stage: Stage, condition: FactTest | DidTest, when: str | None, *, holds: bool
) -> None:
    """At exactly that instant, not a microsecond before; days are those of the reader's zone."""
    stage.account("2026-03-09 08:00", "acme", "ana", renews_on="2026-03-10")
    facts = {"demo_at": "2026-03-10T12:00:00Z", "trial_ends_on": "2026-03-20", "time_zone": "Europe/Berlin", "score": 1}
    stage.customer("2026-03-09 08:00", "ana", **facts)
    stage.event("2026-03-09 08:00", "Logged In")
    stage.event("2026-03-09 10:00", "Logged In")
    stage.live("2026-03-09 12:00", rule(CANCEL, 1, conditions=(condition,)))
    found = explain(stage, "2026-03-10 12:00")
    assert (found.turn is None) == (when is None)
    if found.turn and when:
        assert found.turn == evaluate.Turn(at=at(when), holds=holds)
        assert explain(stage, at(when).isoformat()).holds is holds
        assert explain(stage, (at(when) - timedelta(microseconds=1)).isoformat()).holds is not holds


def test_the_next_moment_is_judged_as_of_its_time(stage: Stage) -> None:
    """By the facts of today: what holds now may not hold then."""
    stage.event("2026-03-01 10:00", "Logged In")
    wanted = DidTest(event="Logged In", within=timedelta(days=3))
    stage.live("2026-03-01 12:00", rule(SilentTrigger(), 2, 14, conditions=(wanted,)))
    soon = explain(stage, "2026-03-02 10:00")
    assert soon.upcoming
    assert (soon.holds, soon.upcoming.due, soon.upcoming.holds) == (True, at("2026-03-03 10:00"), True)
    stage.tick("2026-03-03 10:00")
    later = explain(stage, "2026-03-03 11:00")
    assert later.upcoming
    assert (later.holds, later.upcoming.holds) == (True, False)
    assert later.upcoming.wanting == ("has done Logged In within 3 days",)


def test_a_fact_without_a_history_is_named_and_refused(asked: Stage) -> None:
    """Its value of today is not taken for that of then; a decision of then says so beside its values."""
    asked.event("2026-03-02 09:00", "Report Shared")
    asked.tick("2026-03-02 10:00")
    with writing(asked.engine) as connection:
        connection.execute(sa.delete(fact_change).where(fact_change.c.field == "score"))
    with pytest.raises(LifecycleError, match=r"no history of customer\.score reaches back so far"):
        explain(asked, "2026-03-05 08:00", "2026-03-02 12:00")
    judged = explain(asked, "2026-03-05 08:00").moments[0].judged
    assert judged
    assert judged.approximate == "no history of customer.score reaches back so far"


TRIGGERS = {
    "event": (CANCEL, "the last of Cancelled was on 2026-03-01 10:00 UTC (2 hours ago)"),
    "silence": (SilentTrigger(event="Logged In"), "Logged In never happened"),
    "return": (BackTrigger(after=timedelta(days=30)), "the last of any event was on 2026-03-01 11:00 UTC (1 hour ago)"),
    "date": (DateTrigger(fact=FACTS["customer.trial_ends_on"]), "customer.trial_ends_on is missing"),
    "every": (
        EveryTrigger(period="year", since=FACTS["account.subscribed_on"]),
        "account.subscribed_on is 2025-03-03 (363 days ago)",
    ),
}


@pytest.mark.parametrize(("trigger", "sentence"), TRIGGERS.values(), ids=TRIGGERS)
def test_what_the_trigger_reads_is_told(asked: Stage, trigger: Trigger, sentence: str) -> None:
    """So that one sees why nothing has come."""
    asked.account("2026-03-01 11:30", subscribed_on="2025-03-03")
    asked.live("2026-03-01 11:30", rule(trigger, 1))
    assert explain(asked, "2026-03-01 12:00").trigger == sentence


@pytest.mark.parametrize(
    ("who", "when", "words"),
    [("nobody", None, "there is no customer nobody"), ("ana", "2027-01-01 00:00", "lies ahead")],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(asked: Stage, who: str, when: str | None, words: str) -> None:
    """Somebody unknown, or a time to come."""
    with pytest.raises(LifecycleError, match=words):
        asked.ask(evaluate.explain, who, at("2026-03-03 08:00"), at(when) if when else None)
