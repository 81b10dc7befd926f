"""`explain`: clause by clause, with the fact's own value, the verdict, and what was known in the past."""

from __future__ import annotations

from datetime import timedelta

import pytest
from evaluate.staging import Stage, at, fact, rule

from engine import evaluate
from engine.errors import LifecycleError
from engine.rules.model import DidTest, EventTrigger, Group, SilentTrigger

CANCEL = EventTrigger(event="Cancelled")
ASKED = (
    fact("account.status", "one of", "active", "trialing"),
    Group(
        kind="any",
        parts=(
            DidTest(event="Report Shared", at_least=2, within=timedelta(days=7)),
            fact("customer.score", "at least", 10),
        ),
    ),
)


@pytest.fixture
def asked(stage: Stage) -> Stage:
    """Ana, of an account, with some events; a rule with conditions of all kinds."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="Active")
    stage.customer("2026-02-01 08:00", "ana", score=7)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=ASKED))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.event("2026-03-01 11:00", "Report Shared")
    return stage


def explain(stage: Stage, now: str, when: str | None = None) -> evaluate.Explanation:
    """Explain the tried rule for Ana."""
    found = stage.ask(evaluate.explain, "ana", at(now), at(when) if when else None)
    assert isinstance(found, evaluate.Explanation)
    return found


def test_each_clause_is_shown_with_the_value_it_was_asked_of(asked: Stage) -> None:
    """Groups with their parts."""
    first, second = explain(asked, "2026-03-01 12:00").clauses
    assert (first.text, first.holds, first.value) == ("account.status is one of active, trialing", True, "Active")
    assert (second.holds, [(part.holds, part.value) for part in second.parts]) == (
        False,
        [(False, "once on 2026-03-01 11:00 UTC"), (False, "7")],
    )


def test_the_verdict_follows_the_moment_through_its_life(asked: Stage) -> None:
    """To come, open, enrolled or missed."""
    assert explain(asked, "2026-03-01 12:00").verdict == (
        "nothing has come yet; the next moment is on 2026-03-02 10:00 UTC"
    )
    asked.tick("2026-03-02 10:00")
    still = explain(asked, "2026-03-02 10:10")
    assert still.moments[0].fate is evaluate.Fate.OPEN
    asked.event("2026-03-02 10:20", "Report Shared")
    asked.tick("2026-03-02 10:21")
    done = explain(asked, "2026-03-02 12:00")
    assert done.verdict == "enrolled on 2026-03-02 10:21 UTC, due on 2026-03-02 10:00 UTC"


def test_a_missed_moment_says_that_conditions_did_not_hold(asked: Stage) -> None:
    """With the hour in which it was open."""
    asked.ticks("2026-03-02 10:00", "2026-03-02 13:00")
    assert explain(asked, "2026-03-02 13:00").verdict == (
        "not enrolled: the conditions did not hold while it was open, from 2026-03-02 10:00 UTC to 2026-03-02 11:00 UTC"
    )


def test_what_lay_before_the_rule_is_said_to_be_left_alone(stage: Stage) -> None:
    """With what would have included it."""
    stage.event("2026-02-01 10:00", "Cancelled")
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    found = explain(stage, "2026-03-01 12:00")
    assert found.moments[0].fate is evaluate.Fate.LEFT_ALONE
    assert "`backfill` would have included it" in found.verdict


def test_a_guarded_silence_says_so(stage: Stage) -> None:
    """A late event made a second silence out of one."""
    stage.live("2026-03-01 00:00", rule(SilentTrigger(), 14))
    stage.event("2026-03-01 10:00", "Logged In")
    stage.tick("2026-03-15 10:00")
    stage.event("2026-03-15 11:00", "Logged In", "2026-03-02 10:00")
    stage.tick("2026-03-16 10:00")
    found = explain(stage, "2026-03-16 10:30")
    assert [moment.fate for moment in found.moments] == [evaluate.Fate.KEPT_BACK, evaluate.Fate.ENROLLED]
    assert "its fact has changed since" in found.moments[1].sentence


def test_a_paused_or_held_rule_says_so(asked: Stage) -> None:
    """Beside the verdict."""
    evaluate.pause(asked.engine, "tried", at("2026-03-01 12:00"), "ops")
    assert "paused since 2026-03-01 12:00 UTC" in explain(asked, "2026-03-01 13:00").standing


def test_the_past_is_answered_by_what_was_known_then(asked: Stage) -> None:
    """Facts and events learned since play no part, the ledger is shown as it was decided."""
    asked.event("2026-03-02 09:00", "Report Shared")
    asked.tick("2026-03-02 10:00")
    asked.account("2026-03-03 08:00", status="cancelled")
    asked.customer("2026-03-03 08:00", score=99)
    asked.event("2026-03-03 08:00", "Report Shared", "2026-03-01 12:00")
    then = explain(asked, "2026-03-05 08:00", "2026-03-02 12:00")
    assert [clause.value for clause in (then.clauses[0], *then.clauses[1].parts)] == [
        "Active",
        "2 times, last on 2026-03-02 09:00 UTC",
        "7",
    ]
    assert then.verdict == "enrolled on 2026-03-02 10:00 UTC, due on 2026-03-02 10:00 UTC"
    before = explain(asked, "2026-03-05 08:00", "2026-03-01 12:00")
    assert (before.holds, before.moments, before.approximate) == (False, (), "")
    after = explain(asked, "2026-03-05 08:00")
    assert after.clauses[0].value == "cancelled"


def test_a_time_before_we_knew_anybody_is_answered_by_what_is_known_today(asked: Stage) -> None:
    """And the answer says so; where there is nothing, one sentence says that."""
    asked.event("2026-03-02 08:00", "Cancelled", "2025-06-01 08:00", id_="bob")
    found = asked.ask(evaluate.explain, "bob", at("2026-03-03 08:00"), at("2025-07-01 08:00"))
    assert "first heard of customer bob on 2026-03-02 08:00 UTC" in found.approximate
    with pytest.raises(LifecycleError, match="nothing is known of customer bob at 2025-01-01"):
        asked.ask(evaluate.explain, "bob", at("2026-03-03 08:00"), at("2025-01-01 08:00"))


@pytest.mark.parametrize(
    ("who", "when", "words"),
    [("nobody", None, "there is no customer nobody"), ("ana", "2027-01-01 00:00", "lies ahead")],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(asked: Stage, who: str, when: str | None, words: str) -> None:
    """Somebody unknown, or a time to come."""
    with pytest.raises(LifecycleError, match=words):
        asked.ask(evaluate.explain, who, at("2026-03-03 08:00"), at(when) if when else None)
