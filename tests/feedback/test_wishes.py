"""What people said by way of a provider is heard as they said it last."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import NOW
from telling import LATER, a_sent_message, hear, rows, said, suppressions, tell

from engine import consent
from engine.consent import Said, State
from engine.db import writing
from engine.feedback.wishes import Word, to_say
from engine.models import tables
from engine.testing.sendgrid_events import an_event


def word(after: int, state: State) -> Word:
    """Return what was said so many seconds later."""
    return Word(at=NOW + timedelta(seconds=after), is_no=state == "no")


def logged(after: int, state: State) -> Said:
    """Return what the log holds."""
    return Said(topic="tips", state=state, at=NOW + timedelta(seconds=after), source="page")


CASES: list[tuple[list[Word], Said | None, list[str]]] = [
    ([], None, []),
    ([word(1, "no")], None, ["no"]),
    ([word(1, "yes")], None, []),
    ([word(2, "yes"), word(1, "no")], None, ["no", "yes"]),
    ([word(1, "yes"), word(1, "no")], None, ["no"]),
    ([word(3, "no"), word(2, "yes"), word(1, "no")], None, ["no", "yes", "no"]),
    ([word(1, "no")], logged(5, "yes"), []),
    ([word(9, "no")], logged(5, "yes"), ["no"]),
    ([word(9, "yes")], logged(5, "no"), ["yes"]),
    ([word(9, "yes")], logged(5, "yes"), []),
    ([word(1, "yes")], logged(5, "no"), []),
    ([word(5, "yes")], logged(5, "no"), []),
]


@pytest.mark.parametrize(("words", "last", "expected"), CASES)
def test_what_is_newer_than_the_log_is_said(words: list[Word], last: Said | None, expected: list[str]) -> None:
    """In the order of time; a yes needs a no that it takes back, and of two at once the no counts."""
    assert [each.state for each in to_say(words, last)] == expected


def say(database: sa.Engine, state: State, after: int) -> None:
    """Say something on the page of preferences."""
    ((customer_id, hashed),) = rows(database, tables.message, "recipient_id", "address_hash")
    at = NOW + timedelta(seconds=after)
    with writing(database) as connection:
        consent.say(
            connection,
            customer_id=customer_id,
            address_hash=hashed,
            topic="tips",
            state=state,
            source="page",
            wording="Tips",
            secret="test",
            now=at,
        )


def test_a_late_unsubscribe_does_not_undo_a_newer_yes(database: sa.Engine) -> None:
    """SendGrid may be a day late; what was said on our own page since then counts."""
    send_id = a_sent_message(database)
    say(database, "yes", 60)
    tell(database, "unsubscribe", send_id, at=NOW)
    assert (suppressions(database), said(database)) == ([], [("tips", "yes")])


def test_a_resubscribe_takes_back_a_no_of_our_page(database: sa.Engine) -> None:
    """An unsubscribe is one wherever it was said."""
    send_id = a_sent_message(database)
    say(database, "no", 1)
    tell(database, "group_resubscribe", send_id, at=NOW + timedelta(seconds=60))
    assert (suppressions(database), said(database)) == ([], [("tips", "no"), ("tips", "yes")])


def test_a_resubscribe_lifts_nothing_that_an_operator_set(database: sa.Engine) -> None:
    """Only what an unsubscribe has set is taken back."""
    send_id = a_sent_message(database)
    (hashed,) = rows(database, tables.message, "address_hash")
    row = {"address_hash": hashed, "scope": "tips", "reason": "asked by phone", "source": "operator", "at": NOW}
    with writing(database) as connection:
        connection.execute(sa.insert(tables.suppression).values(**row))
    hear(
        database,
        an_event("group_unsubscribe", send_id, at=NOW),
        an_event("group_resubscribe", send_id, at=LATER),
        now=LATER,
    )
    assert suppressions(database) == [("tips", "asked by phone")]


def test_a_late_yes_does_not_pass_a_later_no_to_all(database: sa.Engine) -> None:
    """A yes that a provider passes on late was said before somebody wanted nothing at all any more."""
    id_ = a_sent_message(database)
    tell(database, "unsubscribe", id_, at=NOW)
    with writing(database) as connection:
        no = Said(topic=consent.ALL_MARKETING, state="no", at=NOW + timedelta(minutes=2), source="import")
        consent.record(connection, [("ana", no)])
    tell(database, "group_resubscribe", id_, at=NOW + timedelta(minutes=1))
    assert said(database) == [("tips", "no"), (consent.ALL_MARKETING, "no")]
    assert ("tips", "unsubscribed") in suppressions(database)
