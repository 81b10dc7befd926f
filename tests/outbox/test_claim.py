"""The claim: nothing leaves that must not, whatever changed since it was rendered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from outbox.changing import change, forget, suppress
from sending import (
    HOUR,
    NOW,
    a_claimer,
    a_runtime,
    add_customer,
    answer,
    claim,
    enroll,
    queue,
    statuses,
    the_message,
)

from engine import outbox
from engine.db import writing
from engine.models.tables import customer, event, lane, rule_state
from engine.providers import Outcome
from engine.providers.memory import MemoryProvider

Change = Callable[[sa.Engine], object]


def test_a_claim_commits_the_intent(database: sa.Engine) -> None:
    """Before a request starts, the message is `sending`, with its attempt, worker and lease."""
    add_customer(database)
    enroll(database)
    queue(database)
    (leaving,) = claim(database)
    found = the_message(database)
    assert (found["status"], found["attempt"], found["worker"]) == ("sending", 1, "w1")
    assert found["lease_until"] > NOW + timedelta(seconds=MemoryProvider().timeout)
    assert leaving.envelope.subject == "Welcome, Ana"
    assert claim(database, a_claimer(worker="w2")) == ()


@pytest.mark.parametrize(
    ("rule", "happens", "status", "reason"),
    [
        ("welcome", suppress, "skipped", "suppressed: asked"),
        ("tip", lambda engine: suppress(engine, "tips"), "skipped", "suppressed for tips: asked"),
        ("welcome", lambda engine: change(engine, email=None), "skipped", "no address"),
        ("welcome", lambda engine: change(engine, email="nobody"), "skipped", "bad address"),
        ("welcome", lambda engine: forget(engine, customer), "skipped", "no such customer"),
        ("welcome", lambda engine: forget(engine, event), "cancelled", "fact changed: the event is gone"),
        ("few-boards", lambda engine: change(engine, locale="en"), "cancelled", "conditions no longer hold"),
    ],
)
@pytest.mark.parametrize("rendered", [True, False], ids=["rendered before", "rendered after"])
def test_what_no_longer_holds_does_not_leave(
    database: sa.Engine, rule: str, happens: Change, status: str, reason: str, *, rendered: bool
) -> None:
    """Whatever happens between enrollment and claim is noticed, rendered or not, and told as the reason."""
    add_customer(database, locale="sv")
    enroll(database, rule=rule)
    queue(database)
    if rendered:
        outbox.prepare(database, a_claimer(), now=NOW)
    happens(database)
    for _ in range(2):
        assert claim(database) == ()
    found = the_message(database)
    assert found["status"] == status
    assert str(found["reason"]).startswith(reason)


def test_a_no_to_a_topic_leaves_transactional_mail_alone(database: sa.Engine) -> None:
    """What people may not say no to still leaves."""
    add_customer(database)
    enroll(database)
    queue(database)
    suppress(database, "account")
    assert len(claim(database)) == 1


def test_a_fact_that_changed_is_rendered_again(database: sa.Engine) -> None:
    """Content made from old facts is thrown away before the first intent, and the next says what is true."""
    add_customer(database)
    enroll(database)
    queue(database)
    claimer = a_claimer()
    prepared = outbox.prepare(database, claimer, now=NOW)
    change(database, first_name="Anna")
    first = outbox.claim(database, claimer, prepared.candidates, room=1, now=NOW)
    assert (first.outgoing, first.discarded) == ((), 1)
    assert claim(database)[0].envelope.subject == "Welcome, Anna"


def test_a_new_address_gets_the_mail(database: sa.Engine) -> None:
    """Before the first intent the mail follows the customer to another address, under that address's lock."""
    add_customer(database)
    enroll(database)
    queue(database)
    outbox.prepare(database, a_claimer(), now=NOW)
    before = the_message(database)["address_hash"]
    change(database, email="new@example.com")
    assert claim(database) == ()
    assert the_message(database)["address_hash"] != before
    assert claim(database)[0].envelope.recipient.address == "new@example.com"


def test_after_the_first_intent_content_stays(database: sa.Engine) -> None:
    """A mail that was tried once is tried again byte for byte, whatever facts say now."""
    add_customer(database)
    enroll(database)
    queue(database)
    first = claim(database)
    answer(database, first, Outcome.NOT_SENT, wait=timedelta())
    change(database, first_name="Anna")
    second = claim(database)
    assert second[0].envelope == first[0].envelope
    assert second[0].attempt == 2


def test_after_the_first_intent_a_new_address_ends_it(database: sa.Engine) -> None:
    """A mail that may be known at the old address is not sent to another, nor to the old one again."""
    add_customer(database)
    enroll(database)
    queue(database)
    answer(database, claim(database), Outcome.NOT_SENT, wait=timedelta())
    change(database, email="new@example.com")
    assert claim(database) == ()
    assert the_message(database)["reason"] == "address changed"


def test_no_more_than_there_is_room_for(database: sa.Engine) -> None:
    """A claim takes what can start now, the most urgent first; the rest stays queued."""
    for id_ in ("ana", "bob", "eva"):
        add_customer(database, id_)
        enroll(database, id_, rule="tip" if id_ == "ana" else "welcome")
    queue(database)
    assert {each.envelope.recipient.name for each in claim(database, room=2)} == {"Bob", "Eva"}
    assert statuses(database) == {"sending": 2, "queued": 1}


def test_all_mail_of_a_recipient_is_judged_together(database: sa.Engine) -> None:
    """The more urgent of two mails to one person leaves first."""
    add_customer(database)
    for rule in ("tip", "welcome"):
        enroll(database, rule=rule)
    queue(database)
    assert [each.topic for each in claim(database, room=1)] == ["account"]


def test_mail_whose_time_has_not_come_stays(database: sa.Engine) -> None:
    """`not_before` holds."""
    add_customer(database)
    enroll(database, due_at=NOW + HOUR, moment_at=NOW + HOUR)
    queue(database)
    assert claim(database) == ()
    assert statuses(database) == {"queued": 1}


def test_a_paused_rule_waits_and_others_do_not(database: sa.Engine) -> None:
    """A paused rule's mail stays queued and keeps nobody else back."""
    add_customer(database)
    for rule in ("welcome", "sure"):
        enroll(database, rule=rule)
    queue(database)
    state = {"rule": "welcome", "release_id": 1, "fingerprint": "", "trigger_fingerprint": "", "activated": {}}
    with writing(database) as connection:
        connection.execute(sa.insert(rule_state).values(**state, full_pass=False, paused_at=NOW))
    assert [each.topic for each in claim(database)] == ["sure"]
    with writing(database) as connection:
        connection.execute(sa.update(rule_state).values(paused_at=None))
    assert [each.topic for each in claim(database)] == ["account"]


@pytest.mark.parametrize("name", ["all", "memory"])
def test_a_stopped_lane_carries_nothing(database: sa.Engine, name: str) -> None:
    """While `all` or the provider's own lane is stopped nothing is claimed, and the sentence says who stopped it."""
    add_customer(database)
    enroll(database)
    queue(database)
    with writing(database) as connection:
        connection.execute(sa.insert(lane).values(name=name, stopped_at=NOW, reason="moving house", by="eva"))
    claimer = a_claimer()
    candidates = outbox.prepare(database, claimer, now=NOW).candidates
    claimed = outbox.claim(database, claimer, candidates, room=1, now=NOW)
    assert claimed.outgoing == ()
    assert "moving house" in str(claimed.stopped)
    assert "eva" in str(claimed.stopped)


def test_a_newer_releases_messages_wait(database: sa.Engine) -> None:
    """A process that runs an older release does not judge what it cannot know."""
    add_customer(database)
    enroll(database, release_id=2)
    queue(database, runtime=a_runtime(2))
    assert claim(database, a_claimer(a_runtime(1))) == ()
    assert len(claim(database, a_claimer(a_runtime(2)))) == 1
