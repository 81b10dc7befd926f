"""An address that keeps failing is given up after five mails in a row over seven days, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sending import NOW, add_customer, answer, claim, enroll, queue
from telling import hear, rows, suppressions

from engine.feedback.soft import IN_A_ROW, OVER, Fate, Mailed, given_up
from engine.models import tables
from engine.providers import Outcome
from engine.testing.sendgrid_events import an_event

DAY = timedelta(days=1)
SOFT, GOOD, NOTHING = Fate.SOFT, Fate.ARRIVED, Fate.SAYS_NOTHING
GIVEN_UP = [("*", "5 soft bounces in a row over 7 days")]
DISABLED = {"bounce_classification": "Mailbox Unavailable", "status": "5.2.1", "reason": "550 5.2.1 disabled"}
FULL = {"bounce_classification": "Mailbox Unavailable", "status": "5.2.2", "reason": "552 5.2.2 mailbox full"}


def row(*fates: Fate, days: float = 2) -> list[Mailed]:
    """Return mails some days apart, the newest first."""
    return [Mailed(at=NOW - DAY * days * place, fate=fate) for place, fate in enumerate(fates)]


ROWS: list[tuple[list[Mailed], bool]] = [
    ([], False),
    (row(*[SOFT] * 4), False),
    (row(*[SOFT] * 5), True),
    (row(*[SOFT] * 9), True),
    (row(*[SOFT] * 5, days=7 / 4), True),
    (row(*[SOFT] * 5, days=1.7), False),
    (row(*[SOFT] * 9, days=0.1), False),
    (row(SOFT, SOFT, GOOD, SOFT, SOFT, SOFT), False),
    (row(GOOD, *[SOFT] * 5), False),
    (row(*[SOFT] * 5, GOOD), True),
    (row(SOFT, NOTHING, SOFT, NOTHING, SOFT, SOFT, SOFT), True),
    (row(*[NOTHING] * 9), False),
]


@pytest.mark.parametrize(("mails", "expected"), ROWS)
def test_a_row_is_long_enough_in_number_and_in_time(mails: list[Mailed], *, expected: bool) -> None:
    """Five in a row over seven days; a delivery ends a row, what says nothing is passed over."""
    assert given_up(mails) is expected


def mail(database: sa.Engine, number: int, at: datetime, provider: str = "memory") -> str:
    """Send Ana another mail at a time, and return its id."""
    if number == 0:
        add_customer(database)
    happened = {"customer_id": "ana", "id": f"e-{number}", "name": "Signed Up", "at": at, "received_at": at}
    with database.begin() as connection:
        connection.execute(sa.insert(tables.event).values(**happened, properties={}, keys={}))
    enroll(database, fact=f"e-{number}", due_at=at, moment_at=at, decided_at=at)
    queue(database, now=at)
    (outgoing,) = claim(database, now=at)
    answer(database, [outgoing], Outcome.ACCEPTED, now=at)
    with database.begin() as connection:
        chosen = tables.message.c.send_id == outgoing.send_id
        connection.execute(sa.update(tables.message).where(chosen).values(provider=provider))
    return outgoing.send_id


def bounce(send_id: str, at: datetime, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a soft bounce of a mail, by default of a disabled mailbox."""
    return an_event("bounce", send_id, at=at, **(DISABLED | fields))


def test_five_mails_over_a_week_give_an_address_up(database: sa.Engine) -> None:
    """The fifth bounce suppresses, for all topics, and says why."""
    for number in range(IN_A_ROW):
        assert suppressions(database) == []
        at = NOW + number * OVER / (IN_A_ROW - 1)
        hear(database, bounce(mail(database, number, at), at), now=at)
    assert suppressions(database) == GIVEN_UP


def test_full_mailboxes_never_give_an_address_up(database: sa.Engine) -> None:
    """However many there are."""
    for number in range(9):
        at = NOW + number * DAY
        hear(database, bounce(mail(database, number, at), at, **FULL), now=at)
    assert suppressions(database) == []


def test_many_bounces_of_one_mail_are_one(database: sa.Engine) -> None:
    """The row is one of mails."""
    send_id = mail(database, 0, NOW)
    at = NOW + 30 * DAY
    hear(database, *(bounce(send_id, NOW + number * DAY, number=number) for number in range(9)), now=at)
    assert suppressions(database) == []


@pytest.mark.parametrize("order", ["as it happened", "the delivery last", "the delivery first", "in one batch"])
def test_a_delivery_in_between_starts_anew_whenever_it_is_heard_of(database: sa.Engine, order: str) -> None:
    """Also where the address was given up before the delivery was told."""
    sent = [mail(database, number, NOW + number * 2 * DAY) for number in range(7)]
    events = [bounce(send_id, NOW + number * 2 * DAY) for number, send_id in enumerate(sent)]
    events[3] = an_event("delivered", sent[3], at=NOW + 6 * DAY)
    if order == "the delivery last":
        events.append(events.pop(3))
    if order == "the delivery first":
        events.insert(0, events.pop(3))
    late = NOW + 20 * DAY
    for batch in [events] if order == "in one batch" else [[event] for event in events]:
        hear(database, *batch, now=late)
    assert suppressions(database) == []


def test_a_mail_that_was_delivered_and_came_back_did_not_arrive(database: sa.Engine) -> None:
    """Some servers take a mail and send it back afterwards."""
    for number in range(IN_A_ROW):
        at = NOW + number * 2 * DAY
        send_id = mail(database, number, at)
        hear(database, an_event("delivered", send_id, at=at), bounce(send_id, at), now=at)
    assert suppressions(database) == GIVEN_UP


@pytest.mark.parametrize(("provider", "expected"), [("smtp", []), ("sendgrid", GIVEN_UP)])
def test_over_smtp_a_mail_that_did_not_come_back_has_arrived(
    database: sa.Engine, provider: str, expected: list[tuple[str, str]]
) -> None:
    """There nobody tells of deliveries; of SendGrid silence says nothing."""
    for number in range(IN_A_ROW + 1):
        at = NOW + number * 2 * DAY
        send_id = mail(database, number, at, provider)
        hear(database, *([bounce(send_id, at)] if number != 3 else []), now=at)
    assert suppressions(database) == expected


def test_what_is_for_good_takes_the_place_of_what_can_be_taken_back(database: sa.Engine) -> None:
    """A complaint after soft bounces stays, also where a late delivery takes those back."""
    sent = [mail(database, number, NOW + number * 2 * DAY) for number in range(IN_A_ROW)]
    late = NOW + 20 * DAY
    hear(database, *(bounce(send_id, late) for send_id in sent), now=late)
    assert suppressions(database) == GIVEN_UP
    hear(database, an_event("spamreport", sent[0], at=late), now=late)
    hear(database, *(an_event("delivered", send_id, at=late) for send_id in sent), now=late)
    assert suppressions(database) == [("*", "complaint")]
    assert [action for action in rows(database, tables.audit, "action") if action == "unsuppress"] == ["unsuppress"]
