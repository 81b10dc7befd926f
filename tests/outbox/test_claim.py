"""The claim: nothing leaves that must not, whatever changed since it was rendered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sending import (
    FILES,
    HOUR,
    NOW,
    a_claimer,
    a_runtime,
    add_customer,
    answer,
    claim,
    enroll,
    messages,
    queue,
    statuses,
    the_message,
)

from engine import outbox, suppression
from engine.db import writing
from engine.facts import text_key
from engine.models.tables import customer, event, lane, message, message_content, rule_state
from engine.providers import Outcome
from engine.providers.memory import MemoryProvider
from engine.rules.compiler import Program
from engine.rules.question import recheck
from engine.runtime import build

Change = Callable[[sa.Engine], object]


def change(engine: sa.Engine, **facts: str | None) -> None:
    """Change facts of the customer."""
    keys = {f"{name}_key": value and text_key(value) for name, value in facts.items()}
    with writing(engine) as connection:
        connection.execute(sa.update(customer).values(**facts, **keys))


def forget(engine: sa.Engine, table: sa.Table) -> None:
    """Delete all rows of a table."""
    with writing(engine) as connection:
        connection.execute(sa.delete(table))


def suppress(engine: sa.Engine, scope: str = "*") -> None:
    """Suppress the customer's address."""
    suppression.add(engine, "ANA@example.com ", secret="test", reason="asked", now=NOW, scope=scope)


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


def test_only_to_is_asked_of_the_original_and_redirect_names_it(database: sa.Engine) -> None:
    """With both brakes on, the address that gets all mail need not be in ONLY_TO, and the original is named."""
    for id_ in ("ana", "bob"):
        add_customer(database, id_)
        enroll(database, id_)
    queue(database)
    runtime = a_runtime(only_to=("ana@example.com",), redirect_to="staging@acme.test")
    (leaving,) = claim(database, a_claimer(runtime))
    assert leaving.envelope.recipient.address == "staging@acme.test"
    assert "ana@example.com" in leaving.envelope.recipient.name
    assert leaving.envelope.headers["X-Lifecycle-Original-To"] == "ana@example.com"
    assert {row["reason"] for row in messages(database)} == {None, "not in ONLY_TO"}


def test_suppression_is_asked_of_the_original(database: sa.Engine) -> None:
    """REDIRECT_TO does not pass a suppression."""
    add_customer(database)
    enroll(database)
    queue(database)
    suppress(database)
    assert claim(database, a_claimer(a_runtime(redirect_to="staging@acme.test"))) == ()
    assert the_message(database)["reason"] == "suppressed: asked"


def test_content_is_kept_once(database: sa.Engine) -> None:
    """Two workers that render the same message keep one content."""
    add_customer(database)
    enroll(database)
    queue(database)
    for worker in ("w1", "w2"):
        outbox.prepare(database, a_claimer(worker=worker), now=NOW)
    with database.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(message_content)) == 1


def test_what_cannot_be_rendered_fails_with_its_place(database: sa.Engine) -> None:
    """A fact that is missing after all is a failure that names the line, if the mail is still wanted."""
    add_customer(database)
    enroll(database)
    queue(database)
    broken = {**FILES, "templates/welcome.md": "---\nsubject: Welcome\n---\nYou chose {{ event.colour }}.\n"}
    runtime = build(broken, release_id=1, settings=a_runtime().settings)
    assert claim(database, a_claimer(runtime)) == ()
    found = the_message(database)
    assert found["status"] == "failed"
    assert "templates/welcome.md" in found["reason"]


def test_mails_that_take_long_are_rendered_in_parts(database: sa.Engine) -> None:
    """When the time for rendering is over the rest is left for later, so that answers and heartbeats do not wait."""
    for id_ in ("ana", "bob", "eva"):
        add_customer(database, id_)
        enroll(database, id_)
    queue(database)
    parts = [outbox.prepare(database, a_claimer(), now=NOW, patience=0) for _ in range(4)]
    assert [part.rendered for part in parts] == [1, 1, 1, 0]
    assert [len(part.candidates) for part in parts] == [1, 2, 3, 3]


def test_what_ends_while_it_is_claimed_does_not_leave(database: sa.Engine) -> None:
    """Another worker, whose clock is ahead, ends a message as too late after the claim has read it."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    for id_ in ("ana", "bob"):
        add_customer(database, id_)
        enroll(database, id_)
    queue(database)
    with writing(database) as connection:
        of_bob = sa.update(message).where(message.c.recipient_id == "bob")
        connection.execute(of_bob.values(expires_at=NOW + 100 * HOUR))

    def ended_meanwhile(
        connection: sa.Connection, program: Program, items: Collection[tuple[str, str]], now: datetime
    ) -> Mapping[tuple[str, str], str | None]:
        outbox.reap(database, a_claimer(), now=NOW + 72 * HOUR)
        return recheck(connection, program, items, now)

    claimer = replace(a_claimer(), ask=ended_meanwhile)
    candidates = outbox.prepare(database, claimer, now=NOW).candidates
    claimed = outbox.claim(database, claimer, candidates, room=2, now=NOW)
    assert [each.envelope.recipient.name for each in claimed.outgoing] == ["Bob"]
    assert [row["status"] for row in messages(database)] == ["expired", "sending"]
