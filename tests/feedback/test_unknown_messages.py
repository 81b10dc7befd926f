"""Feedback for messages that this database does not know stops sending, since it may have been restored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bouncing import SEND_ID, a_report
from sending import NOW
from telling import LATER, raw, rows, understand

from engine import feedback, witness
from engine.db import writing
from engine.feedback import Raw
from engine.models import tables
from engine.testing.sendgrid_events import an_event
from engine.witness import Span

STOPPED = [("sendgrid", "the database was restored to an earlier state")]
STRANGE = an_event("delivered", SEND_ID, at=NOW)


def stopped(database: sa.Engine) -> list[tuple[str, str]]:
    """Return the lanes that are stopped, and why."""
    return rows(database, tables.lane, "name", "reason")


@pytest.mark.parametrize(
    ("event", "settings", "expected"),
    [
        (STRANGE, {}, STOPPED),
        (STRANGE, {"sendgrid_shared": True}, []),
        (an_event("delivered", None, at=NOW), {}, []),
        (an_event("delivered", "mine-17", at=NOW), {}, []),
        (an_event("open", SEND_ID, at=NOW), {}, []),
    ],
)
def test_a_signed_event_of_an_unknown_message_stops_the_lane(
    database: sa.Engine, event: dict[str, Any], settings: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Only one of mail just handed over, with an id of our form, and not where others send by the same account."""
    feedback.land(database, [raw(event)], now=LATER)
    understand(database, **settings)
    assert stopped(database) == expected


def test_a_bounce_of_an_unknown_message_stops_nothing(database: sa.Engine) -> None:
    """Anybody can write one."""
    payload = feedback.storable({"message": a_report()})
    feedback.land(database, [Raw(event_id="b", provider="smtp", payload=payload)], now=LATER)
    assert understand(database).unknown == 1
    assert stopped(database) == []


@pytest.mark.parametrize(("days", "expected"), [(-0.2, []), (2, []), (4, STOPPED)])
def test_mail_of_a_declared_restoration_is_told_of_for_days(
    database: sa.Engine, days: float, expected: list[tuple[str, str]]
) -> None:
    """What the database is known to have forgotten stops nothing again."""
    with writing(database) as connection:
        witness.declare(connection, Span(from_at=NOW - timedelta(hours=9), until_at=NOW), by="ana")
    at = NOW + timedelta(days=days)
    feedback.land(database, [raw(an_event("delivered", SEND_ID, at=at))], now=at)
    understand(database, now=at)
    assert stopped(database) == expected


def test_a_lane_is_stopped_once_also_while_all_mail_is_paused(database: sa.Engine) -> None:
    """One row in the audit, however many batches of such events come."""
    with writing(database) as connection:
        connection.execute(sa.insert(tables.lane).values(name="all", stopped_at=NOW, reason="maintenance", by="ana"))
    for number in range(3):
        event = an_event("delivered", SEND_ID, at=NOW) | {"sg_event_id": f"e{number}"}
        feedback.land(database, [raw(event)], now=LATER)
        understand(database)
    assert stopped(database) == [("all", "maintenance"), *STOPPED]
    assert rows(database, tables.audit, "action") == ["pause"]
