"""Monitoring: alive, ready, and numbers that are true."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from engine import schema
from engine.app import App
from engine.clock import SetClock
from engine.daemon import Stage, attend
from engine.db import connect
from engine.errors import DatabaseError, UsageError
from engine.models.tables import lane, message, rule_state, worker
from engine.settings import Settings
from engine.web.health import Meter, beside

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture
def app(database: sa.Engine) -> App:
    """An installation at nine o'clock."""
    return App(settings=Settings(), database=database, clock=SetClock(NOW))


@pytest.fixture
def meter(app: App) -> Meter:
    """The numbers of one process."""
    return Meter(app)


@pytest.fixture
def address(app: App, meter: Meter) -> Iterator[str]:
    """Where monitoring is answered."""
    with beside(app, meter, host="127.0.0.1", port=0) as url:
        yield url


def get(url: str) -> tuple[int, bytes]:
    """Ask, and return the status and the body whatever they are."""
    try:
        with urllib.request.urlopen(url) as response:  # noqa: S310 (our own server)
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


def numbers(meter: Meter) -> dict[tuple[str, ...], float]:
    """Return all numbers, by their name and the values of their labels."""
    families = text_string_to_metric_families(meter.text().decode())
    samples = (sample for family in families for sample in family.samples)
    return {(sample.name.removeprefix("lifecycle_"), *sample.labels.values()): sample.value for sample in samples}


def test_a_process_says_that_it_lives_and_is_ready(address: str) -> None:
    """Both are JSON, and the first names the engine, which the doctor looks for."""
    status, body = get(f"{address}/healthz")
    assert (status, json.loads(body)["engine"]) == (200, "lifecycle")
    assert get(f"{address}/readyz") == (200, b'{"ready":true}')


def test_a_database_of_another_version_is_not_ready(address: str, database: sa.Engine) -> None:
    """It still lives, and the reason is told."""
    schema.downgrade(database, "0001")
    status, body = get(f"{address}/readyz")
    assert (status, "lifecycle db upgrade" in json.loads(body)["reason"]) == (503, True)
    assert get(f"{address}/healthz")[0] == 200


def test_a_database_out_of_reach_is_told_in_a_number() -> None:
    """A scrape never fails: it says that the database does not answer."""
    app = App(settings=Settings(), database=connect("postgresql+psycopg://127.0.0.1:1/none"))
    try:
        assert numbers(Meter(app)) == {("database_up",): 0.0}
    finally:
        app.database.dispose()


def test_metrics_tell_how_things_stand(address: str, database: sa.Engine, meter: Meter) -> None:
    """What waits, for how long, and what is stopped, are numbers of the database."""
    with database.begin() as connection:
        for number, (status, waits) in enumerate((("queued", 60), ("queued", -60), ("in_doubt", 0), ("sent", 0))):
            connection.execute(sa.insert(message).values(**a_message(number, status, timedelta(seconds=waits))))
        connection.execute(sa.insert(lane).values(name="smtp", stopped_at=NOW, reason="535"))
        connection.execute(sa.insert(worker).values(id="w", host="h", started_at=NOW, seen_at=NOW))
        connection.execute(sa.insert(rule_state).values(**a_rule("welcome", NOW - timedelta(seconds=90))))
    found = numbers(meter)
    assert {key: value for key, value in found.items() if key[0] == "messages"} == {
        ("messages", "queued"): 2,
        ("messages", "sending"): 0,
        ("messages", "in_doubt"): 1,
    }
    assert found["oldest_due_seconds",] == 60
    assert found["lane_stopped", "smtp"] == found["workers",] == found["rule_held", "welcome"] == 1
    assert (found["rule_behind_seconds", "welcome"], found["rule_paused", "welcome"]) == (90, 0)
    assert b"# HELP lifecycle_database_up 1 where the database answers." in get(f"{address}/metrics")[1].splitlines()


def test_stages_are_counted_with_what_they_did(meter: Meter) -> None:
    """Each run counts, a failed one as failed, and whatever the stage counted adds up."""
    for _ in range(2):
        attend(stage("dispatch", {"sent": 3, "in_doubt": 1}), meter.watch)
    attend(stage("dispatch", {"sent": 1, "problem": "smtp: 535"}), meter.watch)
    attend(Stage(name="evaluate", run=broken, every=timedelta(minutes=1)), meter.watch)
    found = numbers(meter)
    assert found["done_total", "dispatch", "sent"] == 7
    assert found["done_total", "dispatch", "in_doubt"] == 2
    assert found["stage_runs_total", "ok", "dispatch"] == 2
    assert found["stage_runs_total", "failed", "dispatch"] == 1
    assert found["stage_runs_total", "failed", "evaluate"] == 1
    assert found["stage_seconds_count", "dispatch"] == 3


def test_a_port_that_is_taken_is_named(app: App, meter: Meter, address: str) -> None:
    """The sentence names the setting."""
    port = int(address.rpartition(":")[2])
    with pytest.raises(UsageError, match="health_port"), beside(app, meter, host="127.0.0.1", port=port):
        pass


def stage(name: str, figures: dict[str, object]) -> Stage:
    """Return a stage that did this."""
    return Stage(name=name, run=lambda: figures, every=timedelta(minutes=1))


def broken() -> dict[str, object]:
    """Fail as a stage does whose database is gone."""
    raise DatabaseError("the database is gone")


def a_message(number: int, status: str, waits: timedelta) -> dict[str, object]:
    """Return a message that could have left so long ago."""
    at = dict.fromkeys(("due_at", "created_at", "status_at"), NOW)
    names = dict.fromkeys(("rule", "occurrence", "step", "topic", "template"), "x")
    ids = {
        "send_id": f"m{number}",
        "subject_type": "customer",
        "subject_id": f"c{number}",
        "recipient_id": f"c{number}",
    }
    when = {"not_before": NOW - waits, "expires_at": NOW + timedelta(days=1)}
    return {**at, **names, **ids, **when, "release_id": 1, "status": status}


def a_rule(name: str, watermark: datetime) -> dict[str, object]:
    """Return a rule that is held."""
    prints = {"fingerprint": "f", "trigger_fingerprint": "t"}
    return {"rule": name, "release_id": 1, "activated": {}, "watermark": watermark, "held_at": NOW, **prints}
