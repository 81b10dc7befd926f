"""What an operator decides about messages goes through the same states, locks and questions as all else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, enroll, queue, statuses, the_message

from engine import outbox, suppression
from engine.db import reading, writing
from engine.models.tables import audit, message_content
from engine.outbox import Cancel, Decided, Order, Outgoing, Resolve, Retry, Status
from engine.providers import Outcome

LATE = NOW + 100 * HOUR
NEW_TIME = LATE + HOUR


def under_way(engine: sa.Engine, rule: str = "welcome") -> tuple[Outgoing, ...]:
    """Return the one request that is open."""
    add_customer(engine)
    enroll(engine, rule=rule)
    queue(engine)
    return claim(engine)


def waits(engine: sa.Engine) -> None:
    """Leave the message waiting."""
    add_customer(engine)
    enroll(engine)
    queue(engine)


def ended(outcome: Outcome, rule: str = "welcome") -> Callable[[sa.Engine], None]:
    """Return what lets the message's request be answered so."""
    return lambda engine: answer(engine, under_way(engine, rule), outcome)


def order(engine: sa.Engine, what: Order, now: timedelta = HOUR) -> Decided:
    """Carry out an order about the message, after checking that it was foreseen."""
    ids, at = [str(the_message(engine)["send_id"])], NOW + now
    with reading(engine) as connection:
        foreseen = outbox.foresee(connection, what, ids, now=at)
    with writing(engine) as connection:
        done = outbox.carry_out(connection, what, ids, by="ana", now=at)
    assert done == foreseen
    return done


SENT, FAILED, NOT_SENT = Resolve(to=Status.SENT), Resolve(to=Status.FAILED, reason="asked"), Resolve(to=Status.QUEUED)
STEPS = [
    (ended(Outcome.REFUSED), Retry(), "queued", "tried again by an operator"),
    (ended(Outcome.UNKNOWN), Retry(may_repeat=True), "queued", "tried again by an operator"),
    (waits, Cancel(reason="a mistake"), "cancelled", "by an operator: a mistake"),
    (waits, Cancel(), "cancelled", "by an operator"),
    (
        ended(Outcome.UNKNOWN, "sure"),
        Cancel(reason="a mistake"),
        "in_doubt",
        "in doubt, not sent again: by an operator: a mistake",
    ),
    (ended(Outcome.UNKNOWN), SENT, "sent", "by an operator"),
    (ended(Outcome.UNKNOWN), FAILED, "failed", "by an operator: asked"),
    (ended(Outcome.UNKNOWN), NOT_SENT, "queued", "not sent, by an operator"),
]
KEPT = [
    (waits, Retry(), "is queued; only what failed is tried again"),
    (under_way, Retry(), "its request is under way; only what failed is tried again"),
    (ended(Outcome.ACCEPTED), Retry(may_repeat=True), "is sent; only what failed is tried again"),
    (ended(Outcome.UNKNOWN), Retry(), "may have been sent; --may-repeat sends it again all the same"),
    (under_way, Cancel(), "its request is under way; only what waits is cancelled"),
    (ended(Outcome.UNKNOWN), Cancel(), "is in doubt; only what waits is cancelled"),
    (waits, SENT, "is queued, not in doubt"),
    (ended(Outcome.ACCEPTED), FAILED, "is sent, not in doubt"),
]


@pytest.mark.parametrize(("before", "what", "status", "reason"), STEPS)
def test_each_order_takes_its_step(
    database: sa.Engine, before: Callable[[sa.Engine], None], what: Order, status: str, reason: str
) -> None:
    """With its reason, and with a row in the audit that names the message."""
    before(database)
    assert order(database, what) == Decided(moved={status: 1})
    found = the_message(database)
    assert (found["status"], found["reason"]) == (status, reason)
    with reading(database) as connection:
        row = connection.execute(sa.select(audit)).one()
    assert (row.actor, row.action) == ("ana", f"outbox {what.name}")
    assert row.detail["messages"] == [found["send_id"]]


@pytest.mark.parametrize(("before", "what", "why"), KEPT)
def test_what_an_order_is_not_about_stays(
    database: sa.Engine, before: Callable[[sa.Engine], object], what: Order, why: str
) -> None:
    """It says why, and nothing is written, not in the audit either."""
    before(database)
    status = the_message(database)["status"]
    assert order(database, what) == Decided(kept={why: 1})
    assert the_message(database)["status"] == status
    with reading(database) as connection:
        assert connection.execute(sa.select(audit)).all() == []


def test_a_retry_is_byte_for_byte_the_same(database: sa.Engine) -> None:
    """A new attempt with the stored content, though facts have changed meanwhile."""
    first = under_way(database)
    answer(database, first, Outcome.REFUSED)
    order(database, Retry())
    with writing(database) as connection:
        connection.execute(sa.text("UPDATE customer SET first_name = 'Anna'"))
    (second,) = claim(database, now=NOW + HOUR)
    assert (second.envelope, second.attempt) == (first[0].envelope, 2)


def test_a_retry_is_asked_the_whole_question(database: sa.Engine) -> None:
    """Who has said no meanwhile gets nothing."""
    answer(database, under_way(database), Outcome.REFUSED)
    order(database, Retry())
    suppression.add(database, "ana@example.com", secret="test", reason="asked", now=NOW)
    assert claim(database, now=NOW + HOUR) == ()
    assert (the_message(database)["status"], the_message(database)["reason"]) == ("skipped", "suppressed: asked")


def test_a_repeat_is_never_repeated_by_itself(database: sa.Engine) -> None:
    """Its second doubt stays one, also where the topic resends."""
    answer(database, under_way(database), Outcome.UNKNOWN)
    order(database, Retry(may_repeat=True))
    answer(database, claim(database, now=NOW + HOUR), Outcome.UNKNOWN)
    assert statuses(database) == {"in_doubt": 1}
    outbox.reap(database, a_claimer(), now=LATE)
    assert statuses(database) == {"in_doubt": 1}


@pytest.mark.parametrize(
    ("before", "what", "leads"),
    [
        (ended(Outcome.REFUSED), Retry(), Decided(kept={"its time has passed; --expires gives it new time": 1})),
        (ended(Outcome.REFUSED), Retry(expires_at=NEW_TIME), Decided(moved={"queued": 1})),
        (ended(Outcome.UNKNOWN), NOT_SENT, Decided(moved={"expired": 1})),
        (ended(Outcome.UNKNOWN), Resolve(to=Status.QUEUED, expires_at=NEW_TIME), Decided(moved={"queued": 1})),
        (ended(Outcome.UNKNOWN), SENT, Decided(moved={"sent": 1})),
    ],
)
def test_what_is_too_late_needs_new_time(
    database: sa.Engine, before: Callable[[sa.Engine], None], what: Order, leads: Decided
) -> None:
    """Nothing is sent past its time unless the operator names another."""
    before(database)
    assert order(database, what, now=LATE - NOW) == leads
    assert len(claim(database, now=LATE)) == leads.moved.get("queued", 0)


@pytest.mark.parametrize(
    ("before", "what", "leads"),
    [
        (ended(Outcome.REFUSED), Retry(), Decided(kept={"its text is no longer kept": 1})),
        (ended(Outcome.UNKNOWN), NOT_SENT, Decided(moved={"failed": 1})),
    ],
)
def test_what_has_no_text_any_more_is_not_sent(
    database: sa.Engine, before: Callable[[sa.Engine], None], what: Order, leads: Decided
) -> None:
    """A mail written anew would not be the same one."""
    before(database)
    with writing(database) as connection:
        connection.execute(sa.update(message_content).values(html=None, text=None, dropped_at=NOW))
    assert order(database, what) == leads


def test_what_was_not_sent_is_no_doubt_any_more(database: sa.Engine) -> None:
    """It may be in doubt for the first time again, and what ends it is told as what it is."""
    answer(database, under_way(database), Outcome.UNKNOWN)
    order(database, NOT_SENT)
    suppression.add(database, "ana@example.com", secret="test", reason="asked", now=NOW)
    claim(database, now=NOW + HOUR)
    assert statuses(database) == {"skipped": 1}


def test_an_answer_that_comes_after_the_verdict_changes_nothing(database: sa.Engine) -> None:
    """The operator said it failed; the silent worker wakes up and says it was accepted."""
    leaving = under_way(database)
    outbox.reap(database, a_claimer(), now=NOW + HOUR)
    order(database, FAILED)
    answer(database, leaving, Outcome.ACCEPTED, now=NOW + HOUR)
    assert statuses(database) == {"failed": 1}
