"""Messages that were sent, events that tell what became of them, and what the database makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sending import NOW, add_customer, answer, claim, enroll, queue, the_message

from engine import feedback
from engine.clock import SetClock
from engine.db import reading
from engine.feedback import Raw
from engine.hashing import address_hash, send_id
from engine.models import tables
from engine.providers import Outcome
from engine.settings import Settings
from engine.testing.sendgrid_events import an_event

LATER = NOW + timedelta(hours=1)
SECOND = timedelta(seconds=1)
LATE = timedelta(days=3)


def a_sent_message(engine: sa.Engine, *, rule: str = "tip", outcome: Outcome = Outcome.ACCEPTED) -> str:
    """Send Ana a mail, by default one of the marketing topic `tips`, and return its id."""
    add_customer(engine)
    enroll(engine, rule=rule)
    queue(engine)
    answer(engine, claim(engine), outcome)
    return str(the_message(engine)["send_id"])


def raw(event: Mapping[str, Any], provider: str = "sendgrid") -> Raw:
    """Return an event as it lands."""
    return Raw(event_id=event["sg_event_id"], provider=provider, payload=feedback.storable(event))


def hear(engine: sa.Engine, *events: Mapping[str, Any], now: datetime = LATER) -> feedback.Report:
    """Land events of SendGrid and understand them."""
    feedback.land(engine, map(raw, events), now=now)
    return understand(engine, now=now)


def understand(engine: sa.Engine, *, now: datetime = LATER, **settings: Any) -> feedback.Report:  # noqa: ANN401
    """Understand what has landed, in an installation with these settings."""
    return feedback.run_once(engine, now=now, settings=Settings(**settings))


def tell(engine: sa.Engine, kind: str, id_: str, *, at: datetime = NOW, **more: Any) -> feedback.Report:  # noqa: ANN401
    """Let SendGrid tell one thing of a message."""
    return hear(engine, an_event(kind, id_, at=at, **more))


def rows(engine: sa.Engine, table: sa.Table, *names: str) -> list[Any]:
    """Return columns of a table, sorted; of one column its values."""
    with reading(engine) as connection:
        found = connection.execute(sa.select(*(table.c[name] for name in names))).all()
    return sorted((tuple(row) if len(names) > 1 else row[0] for row in found), key=str)


def kinds(engine: sa.Engine) -> list[str]:
    """Return the kinds of feedback there are."""
    return rows(engine, tables.feedback, "kind")


def outcomes(engine: sa.Engine) -> list[str | None]:
    """Return what was made of each landed event."""
    return rows(engine, tables.provider_event, "outcome")


def suppressions(engine: sa.Engine) -> list[tuple[str, str]]:
    """Return scope and reason of every suppression."""
    return rows(engine, tables.suppression, "scope", "reason")


def said(engine: sa.Engine) -> list[tuple[str, str]]:
    """Return what the log of consent holds, in the order it was said."""
    log = rows(engine, tables.consent, "at", "topic", "state")
    return [(topic, state) for _, topic, state in sorted(log)]


def a_clock() -> SetClock:
    """Return a clock an hour after the mail was sent."""
    return SetClock(LATER)


def a_doubtful_message(engine: sa.Engine, reader: str, *, topic: str = "tips") -> str:
    """Write a message that is in doubt, as if it had been sent to this reader, and return its id."""
    id_ = send_id(
        subject_type="customer", subject_id=reader, rule="tip", occurrence="o", step="", recipient=reader, secret="test"
    )
    times = dict.fromkeys(("due_at", "not_before", "created_at", "status_at", "first_intent_at"), NOW)
    row = {"subject_type": "customer", "subject_id": reader, "rule": "tip", "occurrence": "o", "recipient_id": reader}
    row |= {"address_hash": address_hash(f"{reader}@example.com", "test"), "topic": topic, "template": "welcome"}
    with engine.begin() as connection:
        connection.execute(
            sa.insert(tables.message).values(
                send_id=id_, release_id=1, status="in_doubt", attempt=1, doubts=1, expires_at=NOW + LATE, **times, **row
            )
        )
    return id_
