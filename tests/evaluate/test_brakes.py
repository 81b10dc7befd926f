"""The brakes: a rule about to write to far more people than usual, a pause, an approval."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from evaluate.staging import Stage, at, fact, renamed, rule

from engine import evaluate
from engine.db import reading
from engine.errors import UsageError
from engine.intake import Kind
from engine.models.tables import audit, rule_state
from engine.rules.model import EventTrigger, Rule

FEW = evaluate.Limits(max_at_once=3, net=False)
CANCEL = EventTrigger(event="Cancelled")
HOUR = 3_600_000_000


@pytest.fixture
def crowd(stage: Stage) -> Stage:
    """Five people whose moments fall due together, under a rule that lives."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    for number in range(5):
        stage.event("2026-03-01 10:00", "Cancelled", id_=f"c{number}")
    stage.tick("2026-03-01 11:00", FEW)
    return stage


def standing(stage: Stage, *columns: str) -> tuple[object, ...]:
    """Return columns of the rule's state."""
    with reading(stage.engine) as connection:
        return tuple(connection.execute(sa.select(*(rule_state.c[name] for name in columns))).one())


def test_too_many_at_once_hold_the_rule_whole(crowd: Stage) -> None:
    """Nobody is enrolled, not even as many as are allowed, and the watermark stays."""
    report = crowd.tick("2026-03-02 10:00", FEW)
    assert report.held == (evaluate.Held(rule="tried", count=5, limit=3),)
    assert crowd.rows() == []
    assert standing(crowd, "held_at", "held_count", "watermark") == (
        at("2026-03-02 10:00"),
        5,
        at("2026-03-01 11:00"),
    )
    assert crowd.tick("2026-03-02 10:01", FEW).rules[0].did is evaluate.Did.HELD


def test_an_approval_lets_them_through_once(crowd: Stage) -> None:
    """The next crowd is held again."""
    crowd.tick("2026-03-02 10:00", FEW)
    assert evaluate.approve(crowd.engine, "tried", at("2026-03-02 10:30"), "ops") == 5
    crowd.tick("2026-03-02 10:31", FEW)
    assert crowd.states == ["enrolled"] * 5
    for number in range(5):
        crowd.event("2026-03-03 10:00", "Cancelled", id_=f"c{number}")
    assert crowd.tick("2026-03-04 10:00", FEW).held[0].count == 5


def test_a_hold_makes_nothing_late(crowd: Stage) -> None:
    """Held on a Friday, approved ninety hours later: what was in time is in time."""
    crowd.tick("2026-03-02 10:00", FEW)
    evaluate.approve(crowd.engine, "tried", at("2026-03-06 04:00"), "ops")
    crowd.tick("2026-03-06 04:01", FEW)
    assert crowd.states == ["enrolled"] * 5
    assert crowd.rows("held_for") == [90 * HOUR] * 5
    assert standing(crowd, "held_for") == (0,)


def test_what_was_late_before_the_hold_ends_expired(crowd: Stage) -> None:
    """Only the time from the hold to the approval does not count."""
    crowd.tick("2026-03-05 09:59", FEW)
    evaluate.approve(crowd.engine, "tried", at("2026-03-09 10:00"), "ops")
    crowd.tick("2026-03-09 10:02", FEW)
    assert crowd.states == ["expired"] * 5


def test_two_holds_in_a_row_make_nothing_late_either(crowd: Stage) -> None:
    """More came while the rule was held, and it was held again."""
    crowd.tick("2026-03-02 10:00", FEW)
    for number in range(9):
        crowd.event("2026-03-02 11:00", "Cancelled", id_=f"d{number}")
    evaluate.approve(crowd.engine, "tried", at("2026-03-05 09:00"), "ops")
    assert crowd.tick("2026-03-05 09:01", FEW).held[0].count == 14
    evaluate.approve(crowd.engine, "tried", at("2026-03-08 09:00"), "ops")
    crowd.tick("2026-03-08 09:01", FEW)
    assert crowd.states == ["enrolled"] * 14


def test_an_edit_that_ends_a_hold_makes_nothing_late(crowd: Stage) -> None:
    """Other conditions are asked of everybody, as if there had been no hold."""
    crowd.tick("2026-03-02 10:00", FEW)
    asked = fact("customer.email", "missing")
    crowd.live("2026-03-06 10:00", rule(CANCEL, 1, conditions=[asked]))
    crowd.tick("2026-03-06 10:01")
    assert crowd.states == ["enrolled"] * 5


def test_a_rules_own_limit_goes_before_the_workspaces(stage: Stage) -> None:
    """A rule that is meant to write to many says so itself."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, max_at_once=5))
    for number in range(5):
        stage.event("2026-03-01 10:00", "Cancelled", id_=f"c{number}")
    stage.tick("2026-03-02 10:00", FEW)
    assert stage.states == ["enrolled"] * 5


@pytest.mark.parametrize(("people", "held"), [(500, False), (501, True)])
def test_without_a_setting_five_hundred_is_the_limit_of_a_small_company(
    stage: Stage,
    people: int,
    held: bool,  # noqa: FBT001 (an expectation)
) -> None:
    """Five per cent of its customers would be less; a full pass and a tick count alike, before anything is written."""
    heard = ({"customer_id": f"c{n}", "name": "Cancelled", "at": "2026-02-01T10:00Z"} for n in range(people))
    stage.hear("2026-02-01 10:00", Kind.EVENTS, *heard)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, backfill="all"))
    report = stage.tick("2026-03-01 00:01", evaluate.Limits())
    assert (bool(report.held), len(stage.rows())) == (held, 0 if held else people)


def test_a_crowd_at_a_tick_is_counted_before_any_of_it_is_written(stage: Stage) -> None:
    """More than one batch: it is held as a whole, then let through as a whole."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    heard = ({"customer_id": f"c{n}", "name": "Cancelled", "at": "2026-03-01T10:00Z"} for n in range(601))
    stage.hear("2026-03-01 10:00", Kind.EVENTS, *heard)
    assert stage.tick("2026-03-02 10:00", evaluate.Limits()).held[0].count == 601
    assert stage.rows() == []
    evaluate.approve(stage.engine, "tried", at("2026-03-02 10:01"), "ops")
    assert stage.tick("2026-03-02 10:02", evaluate.Limits()).enrolled == 601


def test_a_paused_rule_makes_up_for_it_when_it_resumes(crowd: Stage) -> None:
    """Nothing is evaluated meanwhile, and the watermark stays."""
    evaluate.pause(crowd.engine, "tried", at("2026-03-01 12:00"), "ops")
    assert crowd.tick("2026-03-02 10:00").rules[0].did is evaluate.Did.PAUSED
    evaluate.resume(crowd.engine, "tried", at("2026-03-02 15:00"), "ops")
    crowd.tick("2026-03-02 15:01")
    assert crowd.states == ["enrolled"] * 5


def test_every_use_of_a_brake_is_written_down(crowd: Stage) -> None:
    """With who and when; pausing twice is one pause."""
    evaluate.pause(crowd.engine, "tried", at("2026-03-01 12:00"), "ops")
    evaluate.pause(crowd.engine, "tried", at("2026-03-01 12:01"), "ops")
    evaluate.resume(crowd.engine, "tried", at("2026-03-01 12:02"), "ana")
    crowd.tick("2026-03-02 10:00", FEW)
    evaluate.approve(crowd.engine, "tried", at("2026-03-02 10:30"), "bob")
    with reading(crowd.engine) as connection:
        rows = connection.execute(sa.select(audit.c.actor, audit.c.action).order_by(audit.c.at)).all()
    assert [tuple(row) for row in rows] == [
        ("ops", "pause"),
        ("ana", "resume"),
        ("engine", "hold"),
        ("bob", "approve"),
    ]


@pytest.mark.parametrize("name", ["tried", "no-such-rule"])
def test_only_a_held_rule_can_be_approved(stage: Stage, name: str) -> None:
    """Anything else is an error in one sentence."""
    tried: Rule = rule(CANCEL, 1)
    stage.live("2026-03-01 00:00", tried)
    with pytest.raises(UsageError, match=name):
        evaluate.approve(stage.engine, name, at("2026-03-01 01:00"), "ops")


def test_a_rule_that_is_held_holds_no_other(stage: Stage) -> None:
    """They are decided in one transaction, which is taken back and done again without the one that is held."""
    free, held = rule(CANCEL, 1, max_at_once=9), renamed(rule(CANCEL, 1), "strict", max_at_once=2)
    also = renamed(rule(CANCEL, 1), "stricter", max_at_once=1)
    stage.live("2026-03-01 00:00", held, free, also)
    for number in range(5):
        stage.event("2026-03-01 10:00", "Cancelled", id_=f"c{number}")
    report = stage.tick("2026-03-02 10:00")
    assert {each.rule: (each.did, each.enrolled) for each in report.rules} == {
        "strict": (evaluate.Did.HELD, 0),
        "tried": (evaluate.Did.TICK, 5),
        "stricter": (evaluate.Did.HELD, 0),
    }
    assert stage.rows("rule") == ["tried"] * 5
