"""Many daemons on one PostgreSQL, as real processes: each message leaves once, whoever stops or falls behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sending import FILES, a_runtime, enroll, messages, queue, statuses

from engine.app import App
from engine.app.release import make_release
from engine.clock import SystemClock, span
from engine.db import writing
from engine.models.tables import customer, event, message, worker
from engine.settings import Settings
from engine.testing.sendgrid import Reply, SendGridServer

pytestmark = pytest.mark.slow
LONG = 300.0
"""Seconds after which a test that waits has failed."""


@dataclass(kw_only=True)
class Sink:
    """Counts what SendGrid takes; `reached` is set once it is as many as are `awaited`."""

    awaited: int
    taken: list[str] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)

    def take(self, body: dict[str, Any], _number: str, _reply: Reply) -> None:
        """Count one mail."""
        self.taken.append(body["personalizations"][0]["custom_args"]["lc_send_id"])
        if len(self.taken) >= self.awaited:
            self.reached.set()

    def wait(self, awaited: int) -> None:
        """Wait until so many have been taken."""
        self.awaited = awaited
        if len(self.taken) < awaited:
            self.reached.clear()
            assert self.reached.wait(LONG), f"only {len(self.taken)} of {awaited} were taken"
        self.reached.clear()


@pytest.fixture
def folder(database: sa.Engine, database_url: str, tmp_path: Path) -> Path:
    """A workspace whose release is live in a PostgreSQL."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite is for one process")
    for name, text in FILES.items():
        if name != "rules/tip.yaml":
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("tips: marketing\n", ""))
    (tmp_path / "lifecycle.yaml").write_text("")
    make_release(
        App(settings=Settings(workspace=tmp_path, database_url=database_url, secret="test"), database=database)
    )
    return tmp_path


def fill(database: sa.Engine, count: int) -> None:
    """Let a mail to each of so many people be due now."""
    now = SystemClock().now()
    ids = [f"c{number:03d}" for number in range(count)]
    facts = {"created_at": now, "changed_at": now}
    people = [{"id": id_, "email": f"{id_}@example.com", "email_key": f"{id_}@example.com", **facts} for id_ in ids]
    signed_up = {"name": "Signed Up", "at": now, "received_at": now}
    with writing(database) as connection:
        connection.execute(sa.insert(customer), people)
        connection.execute(sa.insert(event), [{"customer_id": id_, "id": f"e-{id_}", **signed_up} for id_ in ids])
    for id_ in ids:
        enroll(database, id_, due_at=now, moment_at=now, decided_at=now)
    queue(database, now=now, runtime=a_runtime())


@contextmanager
def daemons(
    folder: Path, database_url: str, server: SendGridServer, count: int, **settings: str
) -> Iterator[list[subprocess.Popen[str]]]:
    """Run daemons that send, and end them by SIGTERM; each must end well."""
    told = {
        "workspace": str(folder),
        "database_url": database_url,
        "secret": "test",
        "provider": "sendgrid",
        "sendgrid_url": server.url,
        "sendgrid_api_key": server.api_key,
        "tick_every": "2 seconds",
        **settings,
    }
    environment = os.environ | {f"LIFECYCLE_{name.upper()}": value for name, value in told.items()}
    command = [sys.executable, "-m", "engine.cli", "run", "--only", "dispatch"]
    running = [
        subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for _ in range(count)
    ]
    try:
        yield running
        for each in running:
            each.send_signal(signal.SIGTERM)
        for each in running:
            _, said = each.communicate(timeout=LONG)
            begun = '"event": "dispatch"' in said  # before that there is nothing to end well
            assert each.returncode in ({0} if begun else {0, -signal.SIGTERM}), said
            assert "Traceback" not in said
    finally:
        for each in running:
            each.kill()
            if each.stderr and not each.stderr.closed:
                sys.stdout.write(each.communicate()[1])  # what a test that failed is explained by


def time_passes(database: sa.Engine, minutes: int) -> None:
    """Let heartbeats and leases be older than they are."""
    earlier = span(timedelta(minutes=minutes))
    with writing(database) as connection:
        for column in (worker.c.seen_at, message.c.lease_until):
            back = sa.type_coerce(sa.type_coerce(column, sa.BigInteger) - earlier, column.type)
            connection.execute(sa.update(column.table).values({column.name: back}))


def test_eight_daemons_send_each_message_once(database: sa.Engine, database_url: str, folder: Path) -> None:
    """They share the work without a leader, and SIGTERM leaves nothing in doubt."""
    count = 200
    fill(database, count)
    sink = Sink(awaited=count)
    with (
        SendGridServer(listener=sink.take) as server,
        daemons(folder, database_url, server, 8, rate="5", connections="4"),
    ):
        sink.wait(count)
    assert statuses(database) == {"sent": count}
    assert len(sink.taken) == len(set(sink.taken)) == count
    assert len({row["worker"] for row in messages(database)}) > 1


def test_a_daemon_that_is_stopped_and_goes_on_sends_nothing_twice(
    database: sa.Engine, database_url: str, folder: Path
) -> None:
    """SIGSTOP mid-request, another takes over; what was open is in doubt, and its late answers settle it."""
    count, open_requests = 40, 3
    fill(database, count)
    sink = Sink(awaited=open_requests)
    slowly = [Reply(after=1.0)] * open_requests
    with SendGridServer(listener=sink.take) as server:
        server.replies.extend(slowly)
        settings = {"rate": "50", "connections": str(open_requests), "sendgrid_timeout": "120"}
        with daemons(folder, database_url, server, 1, **settings) as (first,):
            sink.wait(open_requests)
            first.send_signal(signal.SIGSTOP)
            time_passes(database, minutes=10)
            with daemons(folder, database_url, server, 1, **settings):
                sink.wait(count)
            assert statuses(database) == {"sent": count - open_requests, "in_doubt": open_requests}
            first.send_signal(signal.SIGCONT)
    assert statuses(database) == {"sent": count}
    assert len(sink.taken) == len(set(sink.taken)) == count


def test_a_daemon_that_is_killed_leaves_its_open_requests_in_doubt(
    database: sa.Engine, database_url: str, folder: Path
) -> None:
    """No more than were open; the others send the rest, once."""
    count, open_requests = 30, 3
    fill(database, count)
    sink = Sink(awaited=open_requests)
    with SendGridServer(listener=sink.take) as server:
        server.replies.extend([Reply(after=LONG)] * open_requests)
        settings = {"rate": "50", "connections": str(open_requests), "sendgrid_timeout": "120"}
        with daemons(folder, database_url, server, 1, **settings) as running:
            sink.wait(open_requests)
            killed = running.pop()
            killed.kill()
            killed.communicate()
        time_passes(database, minutes=10)
        with daemons(folder, database_url, server, 2, **settings):
            sink.wait(count)
    assert statuses(database) == {"sent": count - open_requests, "in_doubt": open_requests}
    assert len(sink.taken) == len(set(sink.taken)) == count
