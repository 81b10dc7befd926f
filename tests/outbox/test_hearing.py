"""What feedback says of a message settles it, before the doubt and after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, enroll, queue, statuses, the_message

from engine import outbox
from engine.db import writing
from engine.models.tables import feedback
from engine.outbox import Outgoing
from engine.providers import Outcome

KINDS = [
    ("delivered", "sent"),
    ("opened", "sent"),
    ("clicked", "sent"),
    ("complained", "sent"),
    ("processed", "sent"),
    ("deferred", "sent"),
    ("bounced", "sent"),
    ("dropped", "failed"),
]


def under_way(engine: sa.Engine, rule: str = "welcome") -> tuple[Outgoing, ...]:
    """Return the one request that is open."""
    add_customer(engine)
    enroll(engine, rule=rule)
    queue(engine)
    return claim(engine)


def hear(engine: sa.Engine, kind: str, send_id: str | None = None) -> dict[str, int]:
    """Say of the message what a provider's event said."""
    send_id = send_id or str(the_message(engine)["send_id"])
    with writing(engine) as connection:
        return dict(outbox.hear(connection, {send_id: kind}, now=NOW + HOUR))


def store(engine: sa.Engine, send_id: str, *kinds: str) -> None:
    """Store feedback without telling the outbox."""
    rows = [{"event_id": kind, "send_id": send_id, "kind": kind, "at": NOW, "machine": False} for kind in kinds]
    with writing(engine) as connection:
        connection.execute(sa.insert(feedback), rows)


@pytest.mark.parametrize(("kind", "status"), KINDS)
def test_feedback_settles_a_doubt(database: sa.Engine, kind: str, status: str) -> None:
    """The provider had it: sent. It took it and sent nothing: failed."""
    answer(database, under_way(database), Outcome.UNKNOWN)
    assert hear(database, kind) == {status: 1}
    assert the_message(database)["reason"] == (None if status == "sent" else "the provider dropped it")


@pytest.mark.parametrize(("kind", "status"), KINDS)
def test_feedback_stored_before_the_doubt_settles_it_too(database: sa.Engine, kind: str, status: str) -> None:
    """The event came first, then the answer was lost."""
    leaving = under_way(database)
    store(database, leaving[0].send_id, kind)
    answer(database, leaving, Outcome.UNKNOWN)
    assert statuses(database) == {status: 1}


def test_a_drop_says_less_than_a_delivery(database: sa.Engine) -> None:
    """Of two attempts one was delivered: the mail was sent, in whatever order that was stored."""
    leaving = under_way(database)
    store(database, leaving[0].send_id, "dropped", "delivered")
    answer(database, leaving, Outcome.UNKNOWN)
    assert statuses(database) == {"sent": 1}


def test_what_is_about_to_be_sent_again_is_not(database: sa.Engine) -> None:
    """A topic that resends does not, once the first mail is known to have arrived."""
    answer(database, under_way(database, "sure"), Outcome.UNKNOWN)
    assert statuses(database) == {"queued": 1}
    assert hear(database, "delivered") == {"sent": 1}
    assert claim(database, now=NOW + HOUR) == ()


def test_an_answer_that_was_wrong_is_overruled(database: sa.Engine) -> None:
    """A provider that answered 500 and delivered all the same does not get the mail again."""
    answer(database, under_way(database), Outcome.NOT_SENT, wait=timedelta())
    assert hear(database, "delivered") == {"sent": 1}
    assert claim(database, now=NOW + HOUR) == ()


@pytest.mark.parametrize("late", [Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.NOT_SENT])
def test_feedback_overtakes_the_answer(database: sa.Engine, late: Outcome) -> None:
    """What was delivered before its request was answered is sent, whatever the answer is."""
    leaving = under_way(database)
    assert hear(database, "delivered") == {"sent": 1}
    answer(database, leaving, late)
    assert statuses(database) == {"sent": 1}


def test_a_drop_waits_for_the_answer(database: sa.Engine) -> None:
    """A message under way has an answer to come, and that one says whether the provider took it."""
    leaving = under_way(database)
    assert hear(database, "dropped") == {}
    answer(database, leaving, Outcome.ACCEPTED)
    assert statuses(database) == {"sent": 1}


@pytest.mark.parametrize("kind", ["delivered", "dropped"])
def test_what_is_final_stays(database: sa.Engine, kind: str) -> None:
    """Feedback about a mail that failed or was sent is kept beside it, and changes no state."""
    answer(database, under_way(database), Outcome.REFUSED)
    assert hear(database, kind) == {}
    assert statuses(database) == {"failed": 1}


@pytest.mark.parametrize(("kind", "send_id"), [("nonsense", None), ("delivered", "unheard-of")])
def test_what_means_nothing_changes_nothing(database: sa.Engine, kind: str, send_id: str | None) -> None:
    """Kinds and ids nobody knows are no answer."""
    answer(database, under_way(database), Outcome.UNKNOWN)
    assert hear(database, kind, send_id) == {}
    assert statuses(database) == {"in_doubt": 1}


def test_silence_consults_feedback(database: sa.Engine) -> None:
    """What a silent worker had sent is no doubt where it is known to have arrived."""
    leaving = under_way(database)
    store(database, leaving[0].send_id, "delivered")
    assert outbox.reap(database, a_claimer(), now=NOW + HOUR) == {"sent": 1}
