"""Every arm: whatever may turn a condition true is seen by the next tick, while the moment is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from evaluate.staging import FACTS, Stage, at, fact, rule

from engine.intake import Kind
from engine.rules.model import Condition, DateTrigger, DidTest, EventTrigger, Group, PropertyTest

DAY = timedelta(days=1)
DEMO, TRIAL = "customer.demo_at", "customer.trial_ends_on"
PRO = (PropertyTest(name="plan", operator="is", operands=("Pro",)),)


def none(*parts: Condition) -> Group:
    """Return the opposite of some conditions."""
    return Group(kind="none", parts=parts)


TIMES: list[tuple[str, Condition, str, str]] = [
    ("an instant comes", fact(DEMO, "within last", DAY), "2026-03-03 05:30", "06:00"),
    ("an instant is a day old", none(fact(DEMO, "within last", DAY)), "2026-03-02 05:30", "06:00"),
    ("an instant is more than a day ago", fact(DEMO, "more than ago", DAY), "2026-03-02 05:30", "06:00"),
    ("an instant comes within a day", fact(DEMO, "within next", DAY), "2026-03-04 05:30", "06:00"),
    ("an instant no longer lies ahead", none(fact(DEMO, "within next", DAY)), "2026-03-03 05:30", "06:00"),
]
DAYS: list[tuple[str, Condition, str]] = [
    ("a day comes", fact(TRIAL, "within last", DAY), "2026-03-03"),
    ("a day is yesterday", none(fact(TRIAL, "within last", DAY)), "2026-03-02"),
    ("a day was a day ago", fact(TRIAL, "more than ago", DAY), "2026-03-02"),
    ("a day is tomorrow", fact(TRIAL, "within next", DAY), "2026-03-04"),
    ("a day no longer lies ahead", none(fact(TRIAL, "within next", DAY)), "2026-03-02"),
]


def judged(stage: Stage, condition: Condition, *, opened: str, seen: str) -> None:
    """Check that a moment opened at a time is enrolled at the tick that first sees the condition true."""
    stage.live("2026-02-28 00:00", rule(EventTrigger(event="Cancelled"), conditions=[condition], open_for=DAY))
    stage.event(opened, "Cancelled")
    stage.ticks(opened, (at(seen) - timedelta(minutes=1)).isoformat())
    assert stage.rows() == []
    stage.tick(seen)
    assert stage.rows("subject_id", "decided_at") == [("ana", at(seen))]


@pytest.mark.parametrize(("condition", "instant", "seen"), [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_time_crosses_an_instant(stage: Stage, condition: Condition, instant: str, seen: str) -> None:
    """Windows of instants turn at the instant itself."""
    stage.customer("2026-02-01 00:00", demo_at=instant)
    judged(stage, condition, opened="2026-03-03 00:00", seen=f"2026-03-03 {seen}")


@pytest.mark.parametrize(("condition", "day"), [row[1:] for row in DAYS], ids=[row[0] for row in DAYS])
def test_midnight_crosses_a_day(stage: Stage, condition: Condition, day: str) -> None:
    """Windows of days turn at midnight, in New York at five in the morning UTC."""
    stage.customer("2026-02-01 00:00", trial_ends_on=day, time_zone="America/New_York")
    judged(stage, condition, opened="2026-03-02 20:00", seen="2026-03-03 05:00")


@pytest.mark.parametrize("event", ["Logged In", None], ids=["one event", "any event"])
def test_an_event_leaves_its_window(stage: Stage, event: str | None) -> None:
    """Nothing arrives; it only grows old."""
    stage.event("2026-03-01 09:30", "Logged In")
    quiet = DidTest(event=event, within=2 * DAY, negated=True, where=PRO if event is None else ())
    if event is None:
        stage.event("2026-03-01 09:30", "Seen", plan="PRO")
    judged(stage, quiet, opened="2026-03-03 00:00", seen="2026-03-03 10:00")


CHANGES: dict[str, tuple[Condition, Callable[[Stage, str], object]]] = {
    "a fact of the customer": (
        fact("customer.first_name", "is", "ANA"),
        lambda stage, when: stage.customer(when, first_name="Ana"),
    ),
    "a trait of the customer": (
        fact("customer.score", "at least", 3),
        lambda stage, when: stage.customer(when, score=3),
    ),
    "a fact of the account": (
        fact("account.status", "one of", "active", "trialing"),
        lambda stage, when: stage.account(when, "acme", status="Active"),
    ),
    "a trait of the account": (
        fact("account.tier", "contains", "old"),
        lambda stage, when: stage.account(when, "acme", tier="Gold"),
    ),
    "another account": (
        fact("account.seats", "above", 5),
        lambda stage, when: stage.account(when, "aaa", "ana", seats=6),
    ),
    "the end of a membership": (
        fact("account.id", "missing"),
        lambda stage, when: stage.hear(
            when, Kind.MEMBERS, {"customer_id": "ana", "account_id": "acme", "role": "owner", "removed": True}
        ),
    ),
    "an event": (DidTest(event="Report Shared"), lambda stage, when: stage.event(when, "Report Shared")),
    "any event": (
        DidTest(event=None, at_least=2, within=DAY),
        lambda stage, when: stage.event(when, "Report Shared", "2026-03-02 23:00"),
    ),
    "an event with a property": (
        DidTest(event="Upgraded", where=PRO),
        lambda stage, when: stage.event(when, "Upgraded", plan="pro"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_something_is_heard_of(stage: Stage, what: str) -> None:
    """Each source that a condition reads wakes its rule."""
    condition, happens = CHANGES[what]
    stage.account("2026-02-01 00:00", "acme", "ana", status="past due", seats=1)
    stage.live("2026-02-28 00:00", rule(EventTrigger(event="Cancelled"), conditions=[condition], open_for=DAY))
    stage.event("2026-03-03 00:00", "Cancelled")
    stage.ticks("2026-03-03 00:00", "2026-03-03 05:00")
    assert stage.rows() == []
    happens(stage, "2026-03-03 05:30")
    stage.tick("2026-03-03 06:00")
    assert stage.rows("decided_at") == [at("2026-03-03 06:00")]


OF_ACCOUNT: dict[str, tuple[Condition, Callable[[Stage, str], object]]] = {
    "an event of one of its people": (
        DidTest(event="Report Shared"),
        lambda stage, when: stage.event(when, "Report Shared", id_="ana"),
    ),
    "a person who comes with their events": (
        DidTest(event="Invited"),
        lambda stage, when: stage.account(when, "acme", "bob"),
    ),
    "a person who leaves with theirs": (
        DidTest(event="Logged In", negated=True),
        lambda stage, when: stage.account(when, "aaa", "ana"),
    ),
}


@pytest.mark.parametrize("what", OF_ACCOUNT)
def test_something_is_heard_of_an_accounts_people(stage: Stage, what: str) -> None:
    """An account rule counts the events of all whose account it is, as long as it is."""
    condition, happens = OF_ACCOUNT[what]
    stage.event("2026-02-01 00:00", "Logged In")
    stage.event("2026-02-01 00:00", "Invited", id_="bob")
    stage.account("2026-02-01 01:00", "acme", "ana", renews_on="2026-03-03")
    trigger = DateTrigger(fact=FACTS["account.renews_on"])
    stage.live("2026-02-28 00:00", rule(trigger, to_role="owner", conditions=[condition], open_for=DAY))
    stage.ticks("2026-03-03 09:00", "2026-03-03 11:00")
    assert stage.rows() == []
    happens(stage, "2026-03-03 11:30")
    stage.tick("2026-03-03 12:00")
    assert stage.rows("subject_id", "decided_at") == [("acme", at("2026-03-03 12:00"))]
