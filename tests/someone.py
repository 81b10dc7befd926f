"""A customer of whom every table holds something, marked so that any trace of it can be found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sending import HOUR, NOW, add_account, answer, claim, enroll, queue

from engine.app import App
from engine.clock import SetClock
from engine.db import writing
from engine.facts import text_key
from engine.hashing import address_hash, id_hash
from engine.models import tables as t
from engine.providers import Outcome
from engine.settings import Settings

SECRET = "test"
ID, ALIAS = "id-zanzibar-7", "alias-zebedee-7"
OLD, ADDRESS = "Zorro.Old@Example.com", "zorro.marked@example.com"
NAME, TRAIT, PROPERTY = "Zorroastra", "trait-zeppelin", "property-zucchini"
MARKS = (ID, ALIAS, OLD, ADDRESS, NAME, TRAIT, PROPERTY, "zorro")
HASH = id_hash(ID, SECRET)
DAY = timedelta(days=1)


def an_app(database: sa.Engine, folder: Path, **settings: object) -> App:
    """Return a workspace over a database, with a clock that stands still."""
    given: dict[str, Any] = {"secret": SECRET, "workspace": folder, "provider": "memory", **settings}
    return App(settings=Settings(**given), database=database, clock=SetClock(NOW))


def move_in(database: sa.Engine) -> None:
    """Fill every table: one mail is sent, one waits, one is decided and not queued yet."""
    add_account(database, "acme", owners=())
    with writing(database) as connection:
        for table, row in _rows():
            connection.execute(sa.insert(table).values(**row))
    enroll(database, ID, fact=f"event-of-{ID}")
    queue(database)
    answer(database, claim(database), Outcome.ACCEPTED)
    enroll(database, ID, rule="sure", fact=f"event-of-{ID}")
    queue(database)
    with writing(database) as connection:
        send_id = connection.scalars(sa.select(t.message.c.send_id).where(t.message.c.status == "sent")).one()
        for table, row in _feedback(send_id):
            connection.execute(sa.insert(table).values(**row))
    enroll(database, ID, rule="few-boards", fact=f"event-of-{ID}")


def _rows() -> list[tuple[sa.Table, dict[str, object]]]:
    subject = {"subject_type": "customer", "subject_id": ID}
    person = {"email": ADDRESS, "email_key": ADDRESS, "first_name": NAME, "first_name_key": text_key(NAME)}
    happened = {"customer_id": ID, "name": "Signed Up", "at": NOW - HOUR, "received_at": NOW - HOUR}
    seen = {"first_at": NOW, "last_at": NOW, "first_changed_at": NOW, "last_changed_at": NOW, "changed_at": NOW}
    said = {"field": "email", "stamp": NOW, "at": NOW, "old": OLD, "new": ADDRESS}
    key = address_hash(ADDRESS, SECRET)
    return [
        (t.customer, {"id": ID, "created_at": NOW, "changed_at": NOW, "account_id": "acme", **person}),
        (t.identity, {"alias": ALIAS, "customer_id": ID}),
        (t.trait, {**subject, "name": "boards", "text": TRAIT, "key": TRAIT, "changed_at": NOW}),
        (
            t.account_member,
            {"customer_id": ID, "account_id": "acme", "role": "Owner", "role_key": "owner", "changed_at": NOW},
        ),
        (t.consent, {"customer_id": ID, "topic": "tips", "at": NOW, "state": "no", "source": "centre"}),
        (t.fact_change, {**subject, **said}),
        (t.event, {**happened, "id": f"event-of-{ID}", "properties": {"p": PROPERTY}, "keys": {"p": PROPERTY}}),
        (t.event_total, {"customer_id": ID, "name": "Signed Up", "count": 1, **seen}),
        (t.event_daily, {"customer_id": ID, "day": NOW.date(), "name": "Signed Up", "count": 1}),
        (t.absence, {"customer_id": ID, "from_at": NOW - 3 * DAY, "until_at": NOW - DAY, "changed_at": NOW}),
        (t.membership, {**subject, "rule": "welcome", "episode": 1, "entered_at": NOW}),
        (t.suppression, _suppression(key)),
        (t.audit, {"id": "a1", "at": NOW, "actor": "op", "action": "suppress", "detail": _detail(key)}),
    ]


def _suppression(key: str) -> dict[str, object]:
    said = {"scope": "offers", "address": ADDRESS, "reason": f"{NAME} rang", "source": "operator"}
    return {"address_hash": key, "at": NOW, **said}


def _detail(key: str) -> dict[str, str]:
    return {"address_hash": key, "scope": "offers", "reason": f"{NAME} rang", "customer": ID}


def _feedback(send_id: str) -> list[tuple[sa.Table, dict[str, object]]]:
    raw = {"event": "open", "email": ADDRESS.title(), "ip": "zorro-ip", "lc_send_id": send_id, "sg_event_id": "p1"}
    words = {"reason": f"550 <{ADDRESS}> unknown"}
    return [
        (t.provider_event, {"event_id": "p1", "provider": "sendgrid", "received_at": NOW, "payload": raw}),
        (t.feedback, {"event_id": "p1", "send_id": send_id, "kind": "opened", "at": NOW, "detail": words}),
    ]
