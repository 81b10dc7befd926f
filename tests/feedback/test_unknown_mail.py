"""Events of mail that this database never sent: it was restored, and would send again what it forgot."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import NOW
from telling import hear

from engine import outbox, witness
from engine.db import reading, writing
from engine.outbox.lanes import RESTORED
from engine.testing.sendgrid_events import an_event
from engine.witness import Span

UNKNOWN = "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11"


def stopped(database: sa.Engine) -> dict[str, str | None]:
    """Return the lanes that are stopped, and why."""
    with reading(database) as connection:
        return {lane.name: lane.reason for lane in outbox.lanes(connection) if lane.stopped_at}


@pytest.mark.parametrize(
    ("event", "stops"),
    [("processed", True), ("delivered", True), ("dropped", True), ("open", False), ("spamreport", False)],
)
def test_what_was_just_sent_by_nobody_stops_the_lane(database: sa.Engine, event: str, *, stops: bool) -> None:
    """An open may come a year later, and says nothing."""
    hear(database, an_event(event, UNKNOWN, at=NOW))
    assert stopped(database) == ({"sendgrid": RESTORED} if stops else {})


def test_a_declared_restoration_explains_it(database: sa.Engine) -> None:
    """Once somebody has said so, mail of the lost span stops nothing."""
    with writing(database) as connection:
        witness.declare(connection, Span(from_at=NOW - timedelta(hours=1), until_at=NOW), by="ana")
    hear(database, an_event("delivered", UNKNOWN, at=NOW))
    assert stopped(database) == {}
