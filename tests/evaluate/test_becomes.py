"""`becomes`: each time a customer or an account comes to meet conditions that it did not meet before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from evaluate.staging import FREE, Stage, at, fact, rule

from engine.clock import to_micros
from engine.db import reading
from engine.evaluate import Limits, left_alone, members, state, upcoming
from engine.evaluate.everybody import key_ranges
from engine.evaluate.report import Did
from engine.evaluate.turn import MovedError, Turn
from engine.models.tables import membership
from engine.rules.model import BecomesTrigger, Condition, DidTest, Group
from engine.rules.question import recheck

PAST_DUE = fact("account.status", "is", "past_due")


def becomes(*tests: Condition) -> BecomesTrigger:
    """Return a trigger of conditions that must all hold."""
    return BecomesTrigger(conditions=Group(kind="all", parts=tests))


def test_whoever_comes_in_gets_a_mail_and_again_after_having_been_out(stage: Stage) -> None:
    """Each stay is an occurrence of its own, however often the same facts are looked at."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="active")
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE)))
    stage.tick("2026-03-01 01:00")
    for day, status in (("02", "past_due"), ("03", "active"), ("04", "past_due")):
        stage.account(f"2026-03-{day} 10:00", status=status)
        for minute in ("01", "02", "02"):
            stage.tick(f"2026-03-{day} 10:{minute}")
    assert stage.rows("occurrence", "state", "due_at") == [
        ("1/+0d", "enrolled", at("2026-03-02 10:01")),
        ("2/+0d", "enrolled", at("2026-03-04 10:01")),
    ]


def test_who_is_in_when_the_rule_goes_live_gets_none(stage: Stage) -> None:
    """No surprise: only those who come in later, and those who left and came back, are written to."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="past_due")
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE), 0, 1))
    stage.ticks("2026-03-01 00:00", "2026-03-05 00:00", timedelta(hours=6))
    assert stage.rows() == []
    assert stage.ask(left_alone, at("2026-03-05 00:00")).subjects == 1
    stage.account("2026-03-05 01:00", status="active")
    stage.tick("2026-03-05 01:01")
    stage.account("2026-03-05 02:00", status="past_due")
    stage.tick("2026-03-05 02:01")
    assert stage.rows() == [("2/+0d", "enrolled")]


def test_with_backfill_they_come_in_at_the_activation(stage: Stage) -> None:
    """The later moments of the series follow in their time."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="past_due")
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE), 0, 2, backfill="all"))
    stage.ticks("2026-03-01 00:05", "2026-03-04 00:05", timedelta(hours=1))
    assert stage.rows("occurrence", "due_at") == [
        ("1/+0d", at("2026-03-01 00:00")),
        ("1/+2d", at("2026-03-03 00:00")),
    ]


def test_moments_exist_only_while_it_lasts(stage: Stage) -> None:
    """Whoever is out again before three days have passed gets no third-day mail."""
    stage.account("2026-02-01 08:00", "acme", "ana", "bob", status="active")
    stage.live("2026-03-01 00:00", rule(becomes(fact("customer.score", "above", 5)), 3))
    stage.tick("2026-03-01 01:00")
    for person in ("ana", "bob"):
        stage.customer("2026-03-02 10:00", person, score=9)
    stage.tick("2026-03-02 10:00")
    stage.customer("2026-03-04 10:00", "ana", score=1)
    stage.ticks("2026-03-04 10:00", "2026-03-06 10:00")
    assert stage.rows("subject_id") == ["bob"]


def test_time_alone_lets_in_and_out(stage: Stage) -> None:
    """A window that moves with the clock is noticed by the ticks, without any change of a fact."""
    stage.live("2026-03-01 00:00", rule(becomes(DidTest(event="Logged In", at_least=2, within=timedelta(days=7)))))
    stage.tick("2026-03-01 00:00")
    for when in ("2026-03-02 10:00", "2026-03-03 10:00", "2026-03-20 10:00", "2026-03-21 10:00"):
        stage.event(when, "Logged In")
        stage.tick(when)
    stage.ticks("2026-03-21 11:00", "2026-04-01 00:00")
    assert stage.rows("due_at") == [at("2026-03-03 10:00"), at("2026-03-21 10:00")]
    with reading(stage.engine) as connection:
        left = connection.execute(sa.select(membership.c.left_at).order_by(membership.c.episode)).scalars().all()
    assert left == [at("2026-03-20 10:00"), at("2026-03-27 10:00")]


def test_an_account_becomes_once_for_all_its_people(stage: Stage) -> None:
    """A rule that writes to a role has the account as its subject: one mail, not one for each person."""
    for person in ("ana", "bob", "cy"):
        stage.account("2026-02-01 08:00", "acme", person, status="active")
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE), to_role="owner"))
    stage.tick("2026-03-01 01:00")
    stage.account("2026-03-02 10:00", status="past_due")
    stage.tick("2026-03-02 10:00")
    assert stage.rows("subject_type", "subject_id") == [("account", "acme")]


def test_since_trigger_counts_from_when_it_became_so(stage: Stage) -> None:
    """Whoever has paid meanwhile is not reminded."""
    stage.account("2026-02-01 08:00", "acme", "ana", "bob", status="active")
    paid = DidTest(event="Invoice Paid", negated=True, since_trigger=True)
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE), 2, conditions=[paid]))
    stage.tick("2026-03-01 01:00")
    for person in ("ana", "bob"):
        stage.event("2026-03-01 10:00", "Invoice Paid", id_=person)
    stage.account("2026-03-02 10:00", status="past_due")
    stage.tick("2026-03-02 10:00")
    stage.event("2026-03-03 10:00", "Invoice Paid", id_="bob")
    stage.tick("2026-03-04 10:00")
    assert stage.rows("subject_id") == ["ana"]


def test_a_mail_whose_reason_has_ended_does_not_leave(stage: Stage) -> None:
    """Also before the next tick has seen it."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="active")
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE)))
    stage.tick("2026-03-01 01:00")
    stage.account("2026-03-02 10:00", status="past_due")
    stage.tick("2026-03-02 10:00")
    (item,) = stage.rows("subject_id", "occurrence")
    assert stage.ask(recheck, {item}, at("2026-03-02 10:01")) == {item: None}
    stage.account("2026-03-02 10:02", status="active")
    assert stage.ask(recheck, {item}, at("2026-03-02 10:03")) == {item: "fact changed: no longer so"}


def test_other_conditions_start_anew(stage: Stage) -> None:
    """Whoever is in what the edited trigger describes was in before: nobody is surprised, and numbers go on."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="active", renewals=3)
    stage.live("2026-03-01 00:00", rule(becomes(PAST_DUE), 0, 1))
    stage.tick("2026-03-01 01:00")
    stage.account("2026-03-02 10:00", status="past_due")
    stage.tick("2026-03-02 10:00")
    stage.live("2026-03-02 12:00", rule(becomes(fact("account.renewals", "at least", 3)), 0, 1))
    stage.ticks("2026-03-02 12:00", "2026-03-04 12:00")
    assert stage.rows("occurrence") == ["1/+0d"]
    stage.account("2026-03-05 10:00", renewals=1)
    stage.tick("2026-03-05 10:00")
    stage.account("2026-03-05 11:00", renewals=4)
    stage.tick("2026-03-05 11:00")
    assert stage.rows("occurrence") == ["1/+0d", "2/+0d"]


def test_a_held_rule_makes_up_for_it_when_it_is_approved(stage: Stage) -> None:
    """Those who came in at the tick that held the rule are written to, by the time they came in."""
    from engine.evaluate import approve

    stage.live("2026-03-01 00:00", rule(becomes(fact("customer.first_name", "has"))))
    stage.tick("2026-03-01 01:00")
    for person in ("ana", "bob", "cy"):
        stage.customer("2026-03-02 10:00", person, first_name=person)
    few = Limits(max_at_once=2, net=False)
    assert [held.count for held in stage.tick("2026-03-02 10:00", few).held] == [3]
    approve(stage.engine, "tried", at("2026-03-07 10:00"), "test")
    stage.tick("2026-03-07 10:01", few)
    assert stage.rows("state", "due_at") == [("enrolled", at("2026-03-02 10:00"))] * 3


def test_the_next_moment_of_a_stay_is_foreseen(stage: Stage) -> None:
    """`explain` and dry runs say when the next mail of the series comes, if nothing changes."""
    stage.live("2026-03-01 00:00", rule(becomes(fact("customer.first_name", "has")), 3))
    stage.tick("2026-03-01 01:00")
    stage.customer("2026-03-02 10:00", first_name="Ana")
    stage.tick("2026-03-02 10:00")
    (coming,) = stage.ask(upcoming, now=at("2026-03-03 10:00"))
    assert (coming.due, coming.conditions_hold_now) == (at("2026-03-05 10:00"), True)
    stage.customer("2026-03-03 11:00", first_name=None)
    (coming,) = stage.ask(upcoming, now=at("2026-03-03 12:00"))
    assert not coming.conditions_hold_now


def test_the_nightly_net_finds_nothing_that_ticks_missed(stage: Stage) -> None:
    """The net also looks at who is in and who is out."""
    stage.live("2026-03-01 00:00", rule(becomes(fact("customer.first_name", "has"))))
    stage.tick("2026-03-01 01:00")
    stage.customer("2026-03-01 02:00", first_name="Ana")
    stage.tick("2026-03-01 02:00")
    (report,) = stage.tick("2026-03-02 03:00", Limits(max_at_once=9, net=True)).rules
    assert report.missed == 0


def _pass_at(stage: Stage, when: str, stand: state.State | None = None) -> None:
    """Notice who is in as a worker whose clock shows a time does in a pass that is cut off then."""
    program = stage.programs["tried"]
    with reading(stage.engine) as connection:
        stand = stand or state.read(connection)["tried"]
    window = state.tick_window(stand, program, to_micros(at(when)))
    turn = Turn(
        engine=stage.engine, program=program, stand=stand, window=window, zones=("UTC",), limits=FREE, did=Did.FULL
    )
    members.update(turn, key_ranges(stage.engine, program.rule.subject))


def test_of_two_passes_the_one_whose_clock_is_behind_steps_back(stage: Stage) -> None:
    """It would end a stay that the other began, and the next begin it again; a clock that went back is heeded."""
    quiet = becomes(DidTest(event="Logged In", negated=True, within=timedelta(days=1)))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.live("2026-03-01 12:00", rule(quiet))
    stage.tick("2026-03-01 12:00")
    with reading(stage.engine) as connection:
        before = state.read(connection)["tried"]
    _pass_at(stage, "2026-03-02 10:00:05")
    for stand in (before, None):
        with pytest.raises(MovedError):
            _pass_at(stage, "2026-03-02 09:59:55", stand)
    with pytest.raises(MovedError):
        _pass_at(stage, "2026-03-02 09:00", before)
    _pass_at(stage, "2026-03-02 10:00:06", before)
    stays = sa.select(membership.c.episode, membership.c.entered_at, membership.c.left_at)
    with reading(stage.engine) as connection:
        assert [tuple(row) for row in connection.execute(stays)] == [(1, at("2026-03-02 10:00:05"), None)]
    _pass_at(stage, "2026-03-02 09:00")
    with reading(stage.engine) as connection:
        assert [row.left_at for row in connection.execute(stays)] == [at("2026-03-02 09:00")]
