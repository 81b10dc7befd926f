"""Promise 2 through crashes: a real process is killed between commits, and another goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from sending import HOUR, NOW, a_clock, a_runtime, add_customer, enroll, messages, queue, statuses

from engine import dispatch, outbox, suppression
from engine.db import connect
from engine.providers import Answer, Envelope
from engine.providers.files import FilesProvider
from engine.providers.memory import MemoryProvider

PEOPLE = 5


def fill(engine: sa.Engine, count: int = PEOPLE) -> None:
    """Queue a mail to each of so many customers."""
    for number in range(count):
        add_customer(engine, f"c{number}")
        enroll(engine, f"c{number}")
    queue(engine)


def run_until(where: str, url: str, folder: Path) -> int:
    """Send in a process that dies at a point of its run; returns its exit code."""
    program = Path(__file__).parent / "crashing.py"
    command = [sys.executable, str(program), url, str(folder), where]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (program.parents[1], program.parents[2])))}
    return subprocess.run(command, capture_output=True, timeout=120, check=False, env=environment).returncode


@pytest.mark.parametrize(
    ("where", "written", "doubtful"),
    [("rendered", 0, 0), ("claimed", 0, 2), ("answered", 1, 2)],
)
def test_killed_between_commits(
    database: sa.Engine, database_url: str, tmp_path: Path, *, where: str, written: int, doubtful: int
) -> None:
    """Whatever was claimed and not settled is in doubt and is never sent again; all else is sent once."""
    fill(database)
    folder = tmp_path / "mails"
    assert run_until(where, database_url, folder) == -signal.SIGKILL
    assert len(list(folder.glob("*.eml"))) >= written
    assert statuses(database).get("sending", 0) == doubtful
    before = set(folder.glob("*.eml"))
    later = a_clock(NOW + HOUR)
    provider = MemoryProvider()
    dispatch.run_once(database, a_runtime(), provider, clock=later)
    assert Counter(statuses(database)) == Counter(in_doubt=doubtful, sent=PEOPLE - doubtful)
    sent = {row["send_id"] for row in messages(database) if row["status"] == "sent"}
    assert sorted(each.send_id for each in provider.seen) == sorted(sent)
    assert set(folder.glob("*.eml")) == before


def test_killed_after_settling_loses_nothing(database: sa.Engine, database_url: str, tmp_path: Path) -> None:
    """What was settled before the process died is sent and stays so; the rest follows."""
    fill(database)
    folder = tmp_path / "mails"
    assert run_until("settled", database_url, folder) == -signal.SIGKILL
    first = statuses(database)
    assert first["sent"] >= 1
    dispatch.run_once(database, a_runtime(), FilesProvider(folder=folder), clock=a_clock(NOW + HOUR))
    end = statuses(database)
    assert end["sent"] == PEOPLE - end.get("in_doubt", 0)
    assert end.get("in_doubt", 0) == first.get("sending", 0)


def test_a_process_that_is_not_killed_ends_well(database: sa.Engine, database_url: str, tmp_path: Path) -> None:
    """The same program, left alone, sends all: so the other tests test the killing."""
    fill(database)
    assert run_until("nowhere", database_url, tmp_path / "mails") == 0
    assert statuses(database) == {"sent": PEOPLE}
    assert len(list((tmp_path / "mails").glob("*.eml"))) == PEOPLE


class Counting(MemoryProvider):
    """Counts what it is given, over all its copies."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.all = seen

    async def send(self, envelope: Envelope) -> Answer:
        """Count and accept."""
        self.all.append(envelope.send_id)
        return await super().send(envelope)


def together(dispatchers: Sequence[dispatch.Dispatcher]) -> None:
    """Run dispatchers at the same time."""
    start, runtime = threading.Barrier(len(dispatchers)), a_runtime()
    failures: list[BaseException] = []

    def run(dispatcher: dispatch.Dispatcher) -> None:
        start.wait()
        try:
            for _ in range(3):
                dispatcher.run_once(runtime)
        except BaseException as error:  # noqa: BLE001 (shown by the test below)
            failures.append(error)

    threads = [threading.Thread(target=run, args=(dispatcher,)) for dispatcher in dispatchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_two_dispatchers_send_nothing_twice(database: sa.Engine, database_url: str) -> None:
    """Side by side on one database, each message is handed to a provider once."""
    fill(database, 120)
    seen: list[str] = []
    engines = [connect(database_url) for _ in range(2)]
    settings = a_runtime(connections=4).settings
    dispatchers = [dispatch.Dispatcher(engine, Counting(seen), settings, clock=a_clock()) for engine in engines]
    together(dispatchers)
    for dispatcher in dispatchers:
        dispatcher.close()
    for engine in engines:
        engine.dispose()
    assert statuses(database) == {"sent": 120}
    assert len(seen) == len(set(seen)) == 120


def test_two_daemons_enqueue_nothing_twice(database: sa.Engine, database_url: str) -> None:
    """Both turn the same enrollments into messages at the same time; each becomes one."""
    for number in range(60):
        add_customer(database, f"c{number}")
        enroll(database, f"c{number}")
    engines = [connect(database_url) for _ in range(2)]
    start, totals = threading.Barrier(2), []

    def run(engine: sa.Engine) -> None:
        start.wait()
        totals.append(outbox.enqueue(engine, a_runtime(), now=NOW, batch=7).total)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    outbox.enqueue(database, a_runtime(), now=NOW)
    assert statuses(database) == {"queued": 60}
    assert sum(totals) <= 60


def test_a_suppression_that_has_committed_holds(database: sa.Engine) -> None:
    """An address suppressed while others are being sent gets no request any more, though its mail was ready."""
    fill(database, 30)
    last = max(messages(database), key=lambda row: str(row["send_id"]))
    provider, told = MemoryProvider(), threading.Event()

    def suppress_the_last(where: str) -> None:
        if where == "answered" and not told.is_set():
            told.set()
            address = f"{last['recipient_id']}@example.com"
            suppression.add(database, address, secret="test", reason="asked", now=NOW)

    dispatch.run_once(database, a_runtime(connections=1), provider, clock=a_clock(), signal=suppress_the_last)
    assert last["send_id"] not in {each.send_id for each in provider.seen}
    assert statuses(database) == {"sent": 29, "skipped": 1}
