"""Promises 2 and 3 between workers side by side; tests/faults kills them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import sqlalchemy as sa
from sending import NOW, a_clock, a_runtime, add_customer, enroll, messages, queue, statuses

from engine import dispatch, outbox, suppression
from engine.db import connect
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider

PEOPLE = 5


def fill(engine: sa.Engine, count: int = PEOPLE) -> None:
    """Queue a mail to each of so many customers."""
    for number in range(count):
        add_customer(engine, f"c{number}")
        enroll(engine, f"c{number}")
    queue(engine)


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
