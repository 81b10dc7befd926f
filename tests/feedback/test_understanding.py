"""What follows from each event, in any order and any number of times."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from impatient import impatient
from sending import NOW, the_message
from telling import (
    LATER,
    SECOND,
    a_sent_message,
    hear,
    kinds,
    outcomes,
    raw,
    rows,
    said,
    suppressions,
    tell,
    understand,
)

from engine import feedback, recipients
from engine.db import writing
from engine.errors import DatabaseError
from engine.models import tables
from engine.providers import Outcome
from engine.testing.sendgrid_events import an_event

HARD = [("*", "hard bounce")]
COMPLAINT = [("*", "complaint")]
NO = [("tips", "unsubscribed")]
EVENTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "processed": ("processed", []),
    "dropped": ("dropped", []),
    "deferred": ("deferred", []),
    "delivered": ("delivered", []),
    "bounce": ("bounced: address suppressed", HARD),
    "blocked": ("blocked", []),
    "open": ("opened", []),
    "click": ("clicked", []),
    "spamreport": ("complained: address suppressed", COMPLAINT),
    "unsubscribe": ("unsubscribed: noted", NO),
    "group_unsubscribe": ("unsubscribed: noted", NO),
    "group_resubscribe": ("resubscribed: overtaken, or nothing to take back", []),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_each_event_has_its_kind_and_its_consequence(database: sa.Engine, kind: str) -> None:
    """One fact about the message, and a suppression only where the reference says so."""
    send_id = a_sent_message(database)
    tell(database, kind, send_id)
    outcome, suppressed = EVENTS[kind]
    assert outcomes(database) == [outcome]
    assert kinds(database) == [outcome.partition(":")[0]]
    assert suppressions(database) == suppressed
    assert rows(database, tables.feedback, "send_id", "address_hash") == [
        (send_id, the_message(database)["address_hash"])
    ]


BOUNCES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"bounce_classification": "Invalid Address", "status": "5.0.0", "reason": "no such user"}, True),
    ({"bounce_classification": None, "status": "5.1.1"}, True),
    ({"bounce_classification": None, "status": "5.1.10", "reason": "null MX"}, True),
    ({"bounce_classification": None, "status": "550", "reason": "550 5.1.1 who?"}, True),
    ({"status": "4.1.1"}, False),
    ({"status": "5.1.1", "reason": "450 4.2.0 greylisted"}, False),
    ({"status": "5.2.2", "reason": "552 5.2.2 mailbox full"}, False),
    ({"status": "5.1.1", "reason": "552 mailbox full"}, False),
    ({"status": "5.7.1", "reason": "550 5.7.1 policy"}, False),
    ({"status": "5.1.1", "reason": "550 5.7.26 unauthenticated"}, False),
    ({"bounce_classification": "Content", "status": "5.1.1"}, False),
    ({"bounce_classification": "Reputation", "status": "5.1.1"}, False),
    ({"bounce_classification": "Frequency or Volume Too High", "status": "5.1.1"}, False),
    ({"bounce_classification": "Mailbox Unavailable", "status": "5.2.1", "reason": "550 5.2.1 disabled"}, False),
    ({"bounce_classification": "Technical", "status": "5.4.4", "reason": "no route"}, False),
    ({"bounce_classification": "Unclassified", "status": "5.1.1"}, False),
    ({"bounce_classification": None, "status": None, "reason": None}, False),
    ({"type": "blocked"}, False),
]


@pytest.mark.parametrize(("fields", "suppressed"), BOUNCES, ids=str)
def test_a_bounce_suppresses_for_an_address_that_is_none(
    database: sa.Engine, fields: dict[str, Any], *, suppressed: bool
) -> None:
    """Never for what is temporary, a full mailbox, policy, content or reputation."""
    send_id = a_sent_message(database)
    tell(database, "bounce", send_id, **fields)
    assert suppressions(database) == (HARD if suppressed else [])


def test_the_address_of_an_event_is_not_believed(database: sa.Engine) -> None:
    """A complaint suppresses whom the mail was sent to, whatever address the event names."""
    send_id = a_sent_message(database)
    tell(database, "spamreport", send_id, email="somebody@else.example")
    assert rows(database, tables.suppression, "address_hash") == [the_message(database)["address_hash"]]


def test_46_copies_are_one(database: sa.Engine) -> None:
    """However often an event comes, in one batch or in many, it is one fact."""
    send_id = a_sent_message(database)
    event = an_event("spamreport", send_id, at=NOW)
    for _ in range(3):
        hear(database, *[event] * 46)
    assert kinds(database) == ["complained"]
    assert suppressions(database) == COMPLAINT


def test_an_event_whose_raw_form_was_forgotten_changes_nothing_again(database: sa.Engine) -> None:
    """An operator who lifted a suppression is not overruled by an old event that lands once more."""
    send_id = a_sent_message(database)
    event = an_event("bounce", send_id, at=NOW)
    hear(database, event)
    with database.begin() as connection:
        connection.execute(sa.delete(tables.provider_event))
        connection.execute(sa.delete(tables.suppression))
    hear(database, event)
    assert outcomes(database) == ["heard before"]
    assert suppressions(database) == []


STRANGE: list[tuple[dict[str, Any], str]] = [
    (an_event("open", None, at=NOW), "not ours"),
    (an_event("open", "s-1", at=NOW), "not ours"),
    (an_event("open", None, at=NOW, lc_send_id=["x"]), "not ours"),
    (an_event("pigeon", "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11", at=NOW), "unknown event pigeon"),
    (an_event("spamreport", "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11", at=NOW), "unknown message"),
]


@pytest.mark.parametrize(("event", "outcome"), STRANGE, ids=[outcome for _, outcome in STRANGE])
def test_what_is_not_known_is_told_and_does_nothing(database: sa.Engine, event: dict[str, Any], outcome: str) -> None:
    """Events of others, of kinds and of messages that nobody here knows are counted, and suppress nobody."""
    a_sent_message(database)
    hear(database, event)
    assert outcomes(database) == [outcome]
    assert suppressions(database) == []


def test_feedback_for_an_unknown_message_is_kept_for_its_return(database: sa.Engine) -> None:
    """The ids of a restored database are the same, so what was told before its mail is made again counts for it."""
    hear(database, an_event("delivered", "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11", at=NOW))
    assert rows(database, tables.feedback, "send_id", "kind") == [("6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11", "delivered")]


TIMES: list[tuple[object, object]] = [
    (1772452800, NOW),
    ("1772452800", NOW),
    (1772452800.5, NOW + SECOND / 2),
    (99999999999999999, None),
    ("yesterday", None),
    (None, None),
    (4102444800, None),
    (float("nan"), None),
]


@pytest.mark.parametrize(("timestamp", "at"), TIMES, ids=str)
def test_a_time_that_cannot_be_is_the_time_of_arrival(database: sa.Engine, timestamp: object, at: object) -> None:
    """Feedback is never later than its arrival, and a time that cannot be read is that of its arrival."""
    send_id = a_sent_message(database)
    hear(database, an_event("open", send_id, at=NOW) | {"timestamp": timestamp})
    assert rows(database, tables.feedback, "at") == [at or LATER]


@pytest.mark.parametrize(("kind", "status"), [("delivered", "sent"), ("bounce", "sent"), ("dropped", "failed")])
def test_feedback_settles_a_doubt(database: sa.Engine, kind: str, status: str) -> None:
    """What the provider tells of a message says that it had it."""
    send_id = a_sent_message(database, rule="welcome", outcome=Outcome.UNKNOWN)
    assert the_message(database)["status"] == "in_doubt"
    report = tell(database, kind, send_id)
    assert the_message(database)["status"] == status
    assert report.figures["settled"] == {status: 1}


def test_no_address_is_kept_with_a_fact(database: sa.Engine) -> None:
    """What a server said of an address is kept without it, since feedback outlives an erasure."""
    send_id = a_sent_message(database)
    tell(database, "bounce", send_id, reason="550 5.1.1 <ana@example.com>: no such user")
    (detail,) = rows(database, tables.feedback, "detail")
    assert detail["words"] == "550 5.1.1 <(address)>: no such user"


def test_somebody_who_said_yes_again_gets_mail_again(database: sa.Engine) -> None:
    """A resubscribe takes back what an unsubscribe did."""
    send_id = a_sent_message(database)
    tell(database, "group_unsubscribe", send_id)
    assert suppressions(database) == NO
    tell(database, "group_resubscribe", send_id, at=NOW + SECOND)
    assert suppressions(database) == []
    assert said(database) == [("tips", "no"), ("tips", "yes")]


def test_a_complaint_outlives_a_resubscribe(database: sa.Engine) -> None:
    """What a complaint suppressed is not lifted by anything a provider tells."""
    send_id = a_sent_message(database)
    for number, kind in enumerate(("spamreport", "group_unsubscribe", "group_resubscribe", "delivered")):
        tell(database, kind, send_id, at=NOW + SECOND * number)
    assert suppressions(database) == COMPLAINT


def test_redirected_mail_says_nothing_of_who_it_was_meant_for(database: sa.Engine) -> None:
    """On a staging host that redirects all mail, the complaint is of another reader."""
    send_id = a_sent_message(database)
    feedback.land(database, [raw(an_event("spamreport", send_id, at=NOW))], now=LATER)
    understand(database, redirect_to="all@acme.test")
    assert (kinds(database), suppressions(database)) == (["complained"], [])


def test_an_operator_sees_whom_a_suppression_is_about(database: sa.Engine) -> None:
    """The address that the mail was sent to stands beside its hash."""
    tell(database, "spamreport", a_sent_message(database))
    assert rows(database, tables.suppression, "address", "source") == [("ana@example.com", "sendgrid")]


def test_what_servers_say_is_safe_to_print(database: sa.Engine) -> None:
    """No word of somebody else's moves the cursor of an operator's terminal."""
    tell(database, "deferred", a_sent_message(database), response="451 \x1b[2J\r\nlater\x9b1m")
    (detail,) = rows(database, tables.feedback, "detail")
    assert detail["words"] == "451  [2J  later 1m"


@pytest.mark.parametrize("kind", ["spamreport", "bounce", "group_unsubscribe"])
def test_a_no_waits_for_whoever_holds_the_recipient(database: sa.Engine, database_url: str, kind: str) -> None:
    """A claim decides under the recipient's lock; nothing of the event is written before it is free."""
    send_id = a_sent_message(database)
    feedback.land(database, [raw(an_event(kind, send_id, at=NOW))], now=LATER)
    hasty = impatient(database_url)
    with writing(database) as connection:
        recipients.lock(connection, [str(the_message_in(connection).address_hash)])
        with pytest.raises(DatabaseError):
            feedback.run_once(hasty, now=LATER)
    hasty.dispose()
    assert (kinds(database), suppressions(database), outcomes(database)) == ([], [], [None])
    assert understand(database).figures != {}


def the_message_in(connection: sa.Connection) -> sa.Row[Any]:
    """Return the one message there is, within a transaction."""
    return connection.execute(sa.select(tables.message)).one()
