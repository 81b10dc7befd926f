"""What was just rendered is kept until it is claimed; what is sent is nevertheless what is stored, and still true."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sending import NOW, a_claimer, add_customer, enroll, queue

from engine import outbox
from engine.db import writing
from engine.models.tables import customer, message_content
from engine.outbox import Candidate, Claimed


def prepared(engine: sa.Engine) -> tuple[Candidate, ...]:
    """Render a mail that is due, and return it with what its worker keeps of it."""
    add_customer(engine)
    enroll(engine)
    queue(engine)
    candidates = outbox.prepare(engine, a_claimer(), now=NOW).candidates
    assert [each.written is not None for each in candidates] == [True]
    return candidates


def claimed(engine: sa.Engine, candidates: tuple[Candidate, ...]) -> Claimed:
    """Claim what was prepared."""
    return outbox.claim(engine, a_claimer(), candidates, room=9, now=NOW)


def stored(engine: sa.Engine) -> sa.RowMapping:
    """Return the one content there is."""
    with engine.connect() as connection:
        return connection.execute(sa.select(message_content)).mappings().one()


def test_what_is_kept_is_what_is_stored(database: sa.Engine) -> None:
    """An attempt that reads the content back sends the same, to the byte."""
    (leaving,) = claimed(database, prepared(database)).outgoing
    content, envelope = stored(database), leaving.envelope
    names = ("subject", "text", "html", "headers")
    assert [getattr(envelope, name) for name in names] == [content[name] for name in names]
    assert (str(envelope.sender), envelope.date) == (content["sender"], content["rendered_at"])


def test_a_fact_that_changed_is_noticed_although_the_content_is_kept(database: sa.Engine) -> None:
    """The content is thrown away, and rendered again from what is true."""
    candidates = prepared(database)
    with writing(database) as connection:
        connection.execute(sa.update(customer).values(first_name="Bea", first_name_key="bea"))
    found = claimed(database, candidates)
    assert (found.outgoing, found.discarded) == ((), 1)
    (leaving,) = claimed(database, outbox.prepare(database, a_claimer(), now=NOW).candidates).outgoing
    assert leaving.envelope.subject == "Welcome, Bea"


def test_what_another_worker_stored_since_is_sent(database: sa.Engine) -> None:
    """What is kept here is no longer the content of the message."""
    candidates = prepared(database)
    anew = {"subject": "Of another worker", "rendered_at": NOW + timedelta(microseconds=1)}
    with writing(database) as connection:
        connection.execute(sa.update(message_content).values(**anew))
    (leaving,) = claimed(database, candidates).outgoing
    assert leaving.envelope.subject == "Of another worker"


def test_content_that_is_gone_is_not_sent_from_memory(database: sa.Engine) -> None:
    """A message without stored content has no intent."""
    candidates = prepared(database)
    with writing(database) as connection:
        connection.execute(sa.delete(message_content))
    assert claimed(database, candidates).outgoing == ()
