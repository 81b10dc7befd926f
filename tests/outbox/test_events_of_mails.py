"""The events that set mails off are found again, when the mails are rendered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sending import NOW, a_runtime, add_customer

from engine import schema
from engine.clock import to_micros
from engine.db import connect, reading, writing
from engine.models.tables import event
from engine.outbox.facts import events_of

LONG_AGO = NOW - timedelta(hours=2)
SINCE = to_micros(NOW) - to_micros(LONG_AGO)


def happened(id_: str, customer_id: str, name: str = "Signed Up", **more: Any) -> dict[str, Any]:  # noqa: ANN401 (columns)
    """Return a stored event; it happened long ago."""
    return {
        "id": id_,
        "customer_id": customer_id,
        "name": name,
        "at": LONG_AGO,
        "received_at": NOW,
        "properties": {},
    } | more


def mail(send_id: str, customer_id: str, fact: str, offset: int = SINCE) -> dict[str, Any]:
    """Return a message of the rule `welcome` that is due now, so long after its event."""
    return {
        "send_id": send_id, "subject_id": customer_id, "rule": "welcome", "due_at": NOW, "offset": offset, "fact": fact
    }  # fmt: skip


def test_each_mail_gets_the_event_that_the_ledger_names(database: sa.Engine) -> None:
    """Of several at once the named one, else the first by its id; nothing of other people, names and instants."""
    for id_ in ("ana", "bo", "cy"):
        add_customer(database, id_)
    stored = [
        happened("e1", "ana", properties={"plan": "pro", "gone": None}),
        happened("e2", "ana", properties={"plan": "free"}),
        happened("e0", "ana", "Logged In"),
        happened("e3", "bo", at=LONG_AGO - timedelta(microseconds=1)),
    ]
    with writing(database) as connection:
        connection.execute(sa.insert(event), stored)
    rows = [mail("1", "ana", "e2"), mail("2", "ana", "first"), mail("3", "bo", "e3"), mail("4", "cy", "first")]
    with reading(database) as connection:
        found = events_of(connection, [*rows, mail("5", "bo", "e3", SINCE + 1)], a_runtime())
    plain = {"name": "Signed Up", "at": LONG_AGO}
    assert found["1"] == {**plain, "plan": "free", "properties": {"plan": "free"}}
    assert found["2"] == {**plain, "plan": "pro", "properties": {"plan": "pro"}}
    assert (found["3"], found["4"]) == ({}, {})
    assert found["5"] == {"name": "Signed Up", "at": LONG_AGO - timedelta(microseconds=1), "properties": {}}


def test_events_are_found_by_their_index(tmp_path: Path) -> None:
    """SQLite reads nothing else of the log, however long it is; PostgreSQL chooses by its length."""
    database = connect(f"sqlite:///{tmp_path / 'events.db'}")
    schema.upgrade(database)
    asked: list[tuple[str, Any]] = []
    with database.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        events_of(connection, [mail("1", "ana", "first")], a_runtime())
        statement, given = asked[0]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
    assert "SEARCH event USING INDEX ix_event_customer_name_at (customer_id=? AND name=? AND at=?)" in plan
    assert [step for step in plan if step.startswith("SCAN event")] == []
