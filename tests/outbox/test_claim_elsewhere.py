"""What a claim asks beside the rule: brakes, content that cannot be made, and what ends meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from outbox.changing import suppress
from sending import (
    FILES,
    HOUR,
    NOW,
    a_claimer,
    a_runtime,
    add_customer,
    claim,
    enroll,
    messages,
    queue,
    the_message,
)

from engine import outbox
from engine.db import writing
from engine.models.tables import message, message_content
from engine.rules.compiler import Program
from engine.rules.question import recheck
from engine.runtime import build


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
