"""Retention: what was kept for long enough goes, and what is made of it stays true."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from importing import START, Importer
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, enroll, messages, queue, the_message

from engine import outbox, upkeep
from engine.db import reading, writing
from engine.intake import Kind
from engine.models import tables as t
from engine.providers import Outcome
from engine.settings import Settings

DAY = timedelta(days=1)
KEPT = Settings(events_kept_for=31 * DAY)
EVENTS = "customer_id,id,at,name\n" + "".join(
    f"ana,{n},{START - timedelta(days=n, hours=1):%Y-%m-%dT%H:%M},{'Logged In' if n % 2 else 'Report Made'}\n"
    for n in range(100)
)
"""One event a day for a hundred days, back from the day of the import."""


def rows(database: sa.Engine, table: sa.Table) -> list[Any]:
    """Return all rows of a table."""
    with reading(database) as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key)))


def count(database: sa.Engine, table: sa.Table) -> int:
    """Return how many rows a table has."""
    return len(rows(database, table))


def run(database: sa.Engine, settings: Settings = KEPT, now: datetime = START, at_once: int = 7) -> dict[str, int]:
    """Run upkeep with small batches; the plan before it must have said the same."""
    planned = {each.name: each.rows for each in upkeep.due(database, settings, now=now) if each.rows}
    done = dict(upkeep.run_once(database, settings, now=now, at_once=at_once))
    assert done == planned
    return done


@pytest.fixture
def importer(database: sa.Engine, tmp_path: Path) -> Importer:
    """An importer into a fresh database of each kind."""
    return Importer(database, tmp_path)


KEPT_FACTS = (t.event_total, t.event_daily, t.absence, t.customer)


def test_raw_events_go_and_kept_facts_stay(importer: Importer) -> None:
    """Only events older than they are kept go, whole days of them; totals, days and absences are what they were."""
    importer(Kind.EVENTS, EVENTS)
    before = [rows(importer.database, table) for table in KEPT_FACTS]
    assert run(importer.database) == {"events": 68}
    assert count(importer.database, t.event) == 32
    assert [rows(importer.database, table) for table in KEPT_FACTS] == before
    assert run(importer.database) == {}


def test_an_old_event_that_comes_again_is_refused_and_counts_nothing(importer: Importer) -> None:
    """What was given up cannot be told from what is new, so it is refused by its row; the rest of the file is known."""
    importer(Kind.EVENTS, EVENTS)
    before = [rows(importer.database, table) for table in KEPT_FACTS]
    run(importer.database)
    report = importer(Kind.EVENTS, EVENTS)
    assert (report.changed, report.unchanged, report.rejected) == (0, 32, 68)
    assert {str(row["column"]) for row in importer.rejected()} == {"at"}
    assert "events from then are not kept any more" in str(importer.rejected()[0]["reason"])
    assert [rows(importer.database, table) for table in KEPT_FACTS] == before


def test_history_is_taken_in_full_before_anything_was_given_up(importer: Importer) -> None:
    """A new installation may import years of events: nothing is refused before something went."""
    assert run(importer.database) == {}
    assert importer(Kind.EVENTS, EVENTS).rejected == 0


def test_keeping_events_longer_does_not_bring_them_back(importer: Importer) -> None:
    """What was given up stays refused when the setting grows."""
    importer(Kind.EVENTS, EVENTS)
    run(importer.database)
    run(importer.database, Settings(events_kept_for=60 * DAY))
    assert importer(Kind.EVENTS, EVENTS).rejected == 68


def test_windows_count_the_same_after_retention(importer: Importer) -> None:
    """Every window up to what is kept counts what it counted before."""
    importer(Kind.EVENTS, EVENTS)
    windows = [timedelta(days=days) for days in range(1, 32)]
    before = [_within(importer.database, window) for window in windows]
    run(importer.database)
    assert [_within(importer.database, window) for window in windows] == before


def _within(database: sa.Engine, window: timedelta) -> int:
    chosen = sa.select(sa.func.count()).select_from(t.event).where(t.event.c.at > START - window)
    with reading(database) as connection:
        return int(connection.execute(chosen).scalar_one())


CONTENTS = [
    (Outcome.ACCEPTED, "sent", True),
    (Outcome.REFUSED, "failed", True),
    (Outcome.UNKNOWN, "in_doubt", False),
    (Outcome.NOT_SENT, "queued", False),
    (None, "sending", False),
]


@pytest.mark.parametrize(("outcome", "status", "dropped"), CONTENTS, ids=[status for _, status, _ in CONTENTS])
def test_only_mail_that_has_ended_loses_its_text(
    database: sa.Engine,
    outcome: Outcome | None,
    status: str,
    dropped: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    """Text and HTML go, subject and headers stay; what may still be sent keeps all."""
    add_customer(database)
    enroll(database)
    queue(database)
    outgoing = claim(database)
    if outcome is not None:
        answer(database, outgoing, outcome)
    assert "contents" not in run(database, Settings(), NOW + 89 * DAY)
    done = run(database, Settings(), NOW + 91 * DAY)
    assert done.get("contents", 0) == int(dropped)
    assert the_message(database)["status"] == status
    (content,) = rows(database, t.message_content)
    assert (content.text is None, content.html is None, content.dropped_at is not None) == (dropped,) * 3
    assert content.subject == "Welcome, Ana"


def test_dropped_text_never_leaves(database: sa.Engine) -> None:
    """Even a mail that somehow waits again is not claimed without its text."""
    add_customer(database)
    enroll(database)
    queue(database)
    prepared = outbox.prepare(database, a_claimer(), now=NOW)
    with writing(database) as connection:
        connection.execute(sa.update(t.message_content).values(text=None, html=None, dropped_at=NOW))
    assert outbox.claim(database, a_claimer(), prepared.candidates, room=10, now=NOW).outgoing == ()


def test_reports_of_providers_go_once_they_are_understood(database: sa.Engine) -> None:
    """A raw event goes so long after it was processed; one that was not yet is kept."""
    with writing(database) as connection:
        for id_, processed in (("old", NOW - 31 * DAY), ("new", NOW - 29 * DAY), ("raw", None)):
            row = {"event_id": id_, "provider": "sendgrid", "received_at": NOW - 99 * DAY, "payload": {}}
            connection.execute(sa.insert(t.provider_event).values(**row, processed_at=processed))
    assert run(database, Settings(), NOW) == {"provider events": 1}
    assert [row.event_id for row in rows(database, t.provider_event)] == ["new", "raw"]


def test_workers_that_are_gone_go_unless_something_is_under_way(database: sa.Engine) -> None:
    """A worker silent for a week is forgotten; one whose request nobody settled is not."""
    add_customer(database)
    enroll(database)
    queue(database)
    claim(database, a_claimer(worker="w1"))
    with writing(database) as connection:
        row = {"id": "w2", "host": "test", "started_at": NOW, "seen_at": NOW + HOUR}
        connection.execute(sa.insert(t.worker).values(**row))
    assert run(database, Settings(), NOW + 8 * DAY) == {"workers": 1}
    assert [row.id for row in rows(database, t.worker)] == ["w1"]


def test_the_ledger_stays(database: sa.Engine) -> None:
    """Years later every decision and every mail is still there."""
    add_customer(database)
    enroll(database)
    queue(database)
    answer(database, claim(database), Outcome.ACCEPTED)
    run(database, Settings(), NOW + 3650 * DAY)
    assert [row["status"] for row in messages(database)] == ["sent"]
    assert count(database, t.enrollment) == 1
