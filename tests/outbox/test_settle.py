"""What an answer makes of a message, and what a worker that falls silent leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, enroll, queue, statuses, the_message

from engine import outbox, suppression
from engine.db import reading, writing
from engine.models.tables import feedback, recipient
from engine.outbox.settle import backoff
from engine.providers import Outcome

MINUTE = timedelta(minutes=1)


def one_under_way(engine: sa.Engine, rule: str = "welcome") -> tuple[outbox.Outgoing, ...]:
    """Return the one request that is open."""
    add_customer(engine)
    enroll(engine, rule=rule)
    queue(engine)
    return claim(engine)


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        (Outcome.ACCEPTED, "sent", None),
        (Outcome.NOT_SENT, "queued", "words"),
        (Outcome.REFUSED, "failed", "words"),
        (Outcome.OUR_FAULT, "queued", "words"),
        (Outcome.SLOW_DOWN, "queued", "words"),
        (Outcome.UNKNOWN, "in_doubt", "words"),
    ],
)
def test_where_each_answer_leads(database: sa.Engine, outcome: Outcome, status: str, reason: str | None) -> None:
    """The answer decides the state, and its words are the reason."""
    answer(database, one_under_way(database), outcome)
    found = the_message(database)
    assert (found["status"], found["reason"], found["attempt"]) == (status, reason, 1)


def test_an_accepted_mail_keeps_the_providers_id(database: sa.Engine) -> None:
    """The provider's id is stored, and the recipient's last mail."""
    answer(database, one_under_way(database), Outcome.ACCEPTED, message_id="sg-7")
    assert the_message(database)["provider_message_id"] == "sg-7"
    with reading(database) as connection:
        assert connection.scalar(sa.select(recipient.c.last_sent_at)) == NOW


def test_an_answer_to_an_older_attempt_changes_nothing(database: sa.Engine) -> None:
    """What comes late for a request that was given up is not taken for the newer one's."""
    first = one_under_way(database)
    answer(database, first, Outcome.NOT_SENT, wait=timedelta())
    second = claim(database)
    answer(database, first, Outcome.REFUSED)
    assert the_message(database)["status"] == "sending"
    answer(database, second, Outcome.ACCEPTED)
    assert the_message(database)["status"] == "sent"


def test_an_answer_is_settled_once(database: sa.Engine) -> None:
    """A second answer to the same attempt changes nothing that is final."""
    leaving = one_under_way(database)
    answer(database, leaving, Outcome.ACCEPTED)
    answer(database, leaving, Outcome.UNKNOWN)
    assert statuses(database) == {"sent": 1}


def test_a_refusal_of_what_is_sent_again_leaves_the_first_doubt(database: sa.Engine) -> None:
    """The first attempt may have arrived: it has not failed, and an operator decides, or feedback."""
    answer(database, one_under_way(database, "sure"), Outcome.UNKNOWN, words="lost")
    answer(database, claim(database), Outcome.REFUSED, words="550 no such user")
    found = the_message(database)
    assert (found["status"], found["doubts"]) == ("in_doubt", 1)
    assert found["reason"] == "in doubt, not sent again: 550 no such user"


@pytest.mark.parametrize("attempt", range(1, 30))
def test_waits_grow_to_an_hour(attempt: int) -> None:
    """Full jitter under a doubling bound that never passes an hour."""
    bound = min(timedelta(seconds=30) * 2 ** (attempt - 1), HOUR)
    assert all(timedelta() <= backoff(attempt) <= bound for _ in range(20))


def test_what_was_not_sent_is_tried_until_it_expires(database: sa.Engine) -> None:
    """Attempts go on until it is too late, and then it ends as expired."""
    leaving, now, attempts = one_under_way(database), NOW, 0
    while leaving:
        attempts += 1
        answer(database, leaving, Outcome.NOT_SENT, now=now, wait=HOUR)
        now += HOUR
        leaving = claim(database, now=now)
    assert attempts == 71
    outbox.reap(database, a_claimer(), now=now)
    assert (the_message(database)["status"], the_message(database)["reason"]) == ("expired", "too late")


def test_our_fault_stops_the_lane_and_burns_nobody(database: sa.Engine) -> None:
    """A refused key stops the provider's lane with its reason; the mail waits."""
    answer(database, one_under_way(database), Outcome.OUR_FAULT, words="401 unauthorized")
    assert claim(database) == ()
    with reading(database) as connection:
        (stopped,) = outbox.lanes(connection)
    assert (stopped.name, stopped.reason, stopped.by) == ("memory", "401 unauthorized", "engine")
    assert stopped.stopped_at == NOW


def test_a_doubt_is_never_resent(database: sa.Engine) -> None:
    """What may have been sent is not sent again, however long one waits."""
    answer(database, one_under_way(database), Outcome.UNKNOWN)
    outbox.reap(database, a_claimer(), now=NOW + HOUR)
    assert claim(database, now=NOW + HOUR) == ()
    assert statuses(database) == {"in_doubt": 1}


def test_a_topic_may_choose_to_resend_once(database: sa.Engine) -> None:
    """`on_doubt: resend` sends a first doubt again, and never a second."""
    first = one_under_way(database, "sure")
    answer(database, first, Outcome.UNKNOWN)
    assert (the_message(database)["status"], the_message(database)["doubts"]) == ("queued", 1)
    second = claim(database)
    assert second[0].envelope == first[0].envelope
    answer(database, second, Outcome.UNKNOWN)
    assert claim(database, now=NOW + HOUR) == ()
    assert (the_message(database)["status"], the_message(database)["doubts"]) == ("in_doubt", 2)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda engine: outbox.reap(engine, a_claimer(), now=NOW + 72 * HOUR), "too late"),
        (
            lambda engine: suppression.add(engine, "ana@example.com", secret="test", reason="asked", now=NOW),
            "suppressed: asked",
        ),
    ],
)
def test_a_resend_that_is_not_allowed_any_more_stays_in_doubt(
    database: sa.Engine, happens: Callable[[sa.Engine], object], reason: str
) -> None:
    """What may have been sent once is not told as skipped or expired."""
    answer(database, one_under_way(database, "sure"), Outcome.UNKNOWN)
    happens(database)
    assert claim(database) == ()
    found = the_message(database)
    assert (found["status"], found["reason"]) == ("in_doubt", f"in doubt, not sent again: {reason}")


def test_feedback_already_stored_settles_a_doubt(database: sa.Engine) -> None:
    """If a delivery was reported before the answer was lost, the mail was sent."""
    leaving = one_under_way(database)
    row = {"event_id": "f1", "send_id": leaving[0].send_id, "kind": "delivered", "at": NOW, "machine": False}
    with writing(database) as connection:
        connection.execute(sa.insert(feedback).values(**row))
    answer(database, leaving, Outcome.UNKNOWN)
    assert statuses(database) == {"sent": 1}


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.ACCEPTED, "sent"),
        (Outcome.REFUSED, "failed"),
        (Outcome.NOT_SENT, "queued"),
        (Outcome.UNKNOWN, "in_doubt"),
    ],
)
def test_an_answer_that_comes_late_settles_a_doubt(database: sa.Engine, outcome: Outcome, status: str) -> None:
    """A worker that was taken for dead may still say what it knows."""
    leaving = one_under_way(database)
    outbox.reap(database, a_claimer(), now=NOW + HOUR)
    assert statuses(database) == {"in_doubt": 1}
    answer(database, leaving, outcome, now=NOW + HOUR)
    assert statuses(database) == {status: 1}


def test_a_silent_workers_mail_is_in_doubt_after_a_minute(database: sa.Engine) -> None:
    """Not before a minute of silence, and never queued."""
    one_under_way(database)
    outbox.reap(database, a_claimer(), now=NOW + MINUTE - timedelta(seconds=1))
    assert statuses(database) == {"sending": 1}
    outbox.reap(database, a_claimer(), now=NOW + MINUTE)
    assert the_message(database)["status"] == "in_doubt"
    assert "silent" in the_message(database)["reason"]


def test_a_living_workers_mail_is_left_alone(database: sa.Engine) -> None:
    """A heartbeat keeps what is under way, until no request can be open any more."""
    one_under_way(database)
    holder = a_claimer().worker
    with writing(database) as connection:
        outbox.beat(connection, holder, now=NOW + MINUTE)
    outbox.reap(database, a_claimer(), now=NOW + MINUTE)
    assert statuses(database) == {"sending": 1}
    with writing(database) as connection:
        outbox.beat(connection, holder, now=NOW + 2 * MINUTE)
    outbox.reap(database, a_claimer(), now=NOW + 2 * MINUTE)
    assert statuses(database) == {"in_doubt": 1}


def test_what_is_too_late_ends_also_while_a_lane_is_stopped(database: sa.Engine) -> None:
    """Nothing waits for ever: what nobody claimed in time is listed as expired."""
    add_customer(database)
    enroll(database)
    queue(database)
    assert outbox.reap(database, a_claimer(), now=NOW + 72 * HOUR) == {"expired": 1}
    assert statuses(database) == {"expired": 1}


def test_a_clock_that_jumps_makes_nobody_doubt_his_own_requests(database: sa.Engine) -> None:
    """What is open here is settled here, however long ago it seems to have begun; to others it is in doubt."""
    (open_here,) = one_under_way(database, "sure")
    outbox.reap(database, a_claimer(), now=NOW + 24 * HOUR, but=[open_here.send_id])
    assert statuses(database) == {"sending": 1}
    outbox.reap(database, a_claimer(), now=NOW + 24 * HOUR)
    assert statuses(database) == {"queued": 1}
