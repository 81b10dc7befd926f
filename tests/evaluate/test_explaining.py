"""`explain`: clause by clause, with the fact's own value, the verdict, and what was known in the past."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from evaluate.explained import CANCEL, explain
from evaluate.staging import Stage, at, fact, rule

from engine import evaluate
from engine.db import writing
from engine.errors import LifecycleError
from engine.models.tables import enrollment
from engine.rules.model import (
    BecomesTrigger,
    Group,
    SilentTrigger,
)


def test_each_clause_is_shown_with_the_value_it_was_asked_of(asked: Stage) -> None:
    """Groups with their parts."""
    first, second = explain(asked, "2026-03-01 12:00").clauses
    assert (first.text, first.holds, first.value) == ("account.status is one of active, trialing", True, "Active")
    assert (second.holds, [(part.holds, part.value) for part in second.parts]) == (
        False,
        [(False, "once within 7 days, on 2026-03-01 11:00 UTC; needs 2"), (False, "7")],
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
        "2 times within 7 days, last on 2026-03-02 09:00 UTC",
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


def test_a_decision_shows_the_values_it_was_made_on(asked: Stage) -> None:
    """Whatever was learned since; what was missed shows those of the end of its hour."""
    asked.event("2026-03-02 09:00", "Report Shared")
    asked.tick("2026-03-02 10:00")
    asked.event("2026-03-05 10:00", "Cancelled")
    asked.account("2026-03-06 08:00", status="cancelled")
    asked.ticks("2026-03-06 10:00", "2026-03-06 12:00")
    asked.account("2026-03-07 08:00", status="active")
    missed, enrolled = explain(asked, "2026-03-08 08:00").moments
    assert (enrolled.fate, missed.fate) == (evaluate.Fate.ENROLLED, evaluate.Fate.MISSED)
    assert enrolled.judged
    assert missed.judged
    assert (enrolled.judged.at, enrolled.judged.holds) == (at("2026-03-02 10:00"), True)
    assert enrolled.judged.clauses[1].parts[0].value == "2 times within 7 days, last on 2026-03-02 09:00 UTC"
    assert (missed.judged.at, missed.judged.holds) == (at("2026-03-06 11:00"), False)
    assert [clause.value for clause in missed.judged.clauses] == ["cancelled", ""]
    assert not enrolled.judged.approximate + missed.judged.approximate


def test_a_moment_that_nobody_asked_about_yet_says_so(asked: Stage) -> None:
    """A paused rule judges it when it goes on."""
    asked.tick("2026-03-02 09:00")
    evaluate.pause(asked.engine, "tried", at("2026-03-02 09:30"), "ops")
    asked.tick("2026-03-03 09:00")
    assert explain(asked, "2026-03-03 12:00").verdict == (
        "due on 2026-03-02 10:00 UTC, and not judged yet: the rule was last evaluated on 2026-03-02 09:00 UTC"
    )


def test_a_doubt_about_rebuilt_values_is_said(asked: Stage) -> None:
    """Where the histories of a minute do not give what was decided, both are shown."""
    asked.event("2026-03-02 10:20", "Report Shared")
    asked.tick("2026-03-02 10:10")
    asked.tick("2026-03-02 12:00")
    asked.ticks("2026-03-02 13:00", "2026-03-02 14:00")
    with writing(asked.engine) as connection:
        connection.execute(sa.delete(enrollment))
    found = explain(asked, "2026-03-03 12:00").moments[0]
    assert found.fate is evaluate.Fate.MISSED
    assert found.judged
    assert found.judged.holds
    assert found.judged.approximate.startswith("by the histories all of them held at that minute")


def test_what_a_rule_waits_for_to_become_so_is_told_clause_by_clause(asked: Stage) -> None:
    """Now and in the past."""
    paid = Group(kind="all", parts=(fact("account.status", "is", "active"), fact("customer.score", "at least", 8)))
    asked.live("2026-03-02 10:00", rule(BecomesTrigger(conditions=paid), 1))
    asked.customer("2026-03-03 08:00", score=9)
    for when, holds, value in ((None, True, "9"), ("2026-03-02 12:00", False, "7")):
        score = explain(asked, "2026-03-03 12:00", when).becoming[1]
        assert (score.holds, score.value) == (holds, value)


def test_a_stay_says_why_it_makes_a_mail_or_none(stage: Stage) -> None:
    """Who was in when the rule went live is left alone until the next stay; the past knows the stay of then."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="past_due")
    unpaid = Group(kind="all", parts=(fact("account.status", "is", "past_due"),))
    stage.live("2026-03-01 00:00", rule(BecomesTrigger(conditions=unpaid), 1))
    stage.tick("2026-03-01 01:00")
    alone = "has been in since before the rule went live on 2026-03-01 00:00 UTC, so left alone; the next stay counts"
    first = explain(stage, "2026-03-02 12:00")
    assert (first.verdict, first.stay) == (alone, evaluate.Stay(number=1, since=None, sentence=alone))
    for day, status in (("05", "active"), ("06", "past_due")):
        stage.account(f"2026-03-{day} 10:00", status=status)
        stage.tick(f"2026-03-{day} 10:01")
    again = "in since 2026-03-06 10:01 UTC, stay 2"
    later = explain(stage, "2026-03-06 12:00")
    assert later.stay == evaluate.Stay(number=2, since=at("2026-03-06 10:01"), sentence=again)
    assert later.verdict == "nothing has come yet; the next moment is on 2026-03-07 10:01 UTC"
    then = {
        when: explain(stage, "2026-03-06 12:00", when).stay
        for when in ("2026-03-05 09:00", "2026-03-05 12:00", "2026-03-06 11:00", "2026-02-20 08:00")
    }
    assert list(then.values()) == [first.stay, None, later.stay, None]


def test_what_was_judged_with_the_past_is_not_called_left_alone(stage: Stage) -> None:
    """A rule with `backfill` has asked about it once."""
    stage.customer("2026-02-01 08:00", "ana", score=1)
    stage.event("2026-02-01 10:00", "Cancelled")
    wanted = (fact("customer.score", "at least", 10),)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=wanted, backfill=timedelta(days=60)))
    stage.tick("2026-03-01 00:01")
    assert "it was judged once, with the past" in explain(stage, "2026-03-01 12:00").verdict
