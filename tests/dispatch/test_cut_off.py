"""A worker that loses the database keeps what it knows, sends nothing more, and goes on when it is back."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from dispatch.cutting import Wire
from sending import a_clock, a_runtime, add_customer, enroll, queue, statuses

from engine import dispatch
from engine.db import connect
from engine.errors import DatabaseError
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider

PEOPLE = 10
OPEN = 3
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Waiting(MemoryProvider):
    """Answers when it is told to; `open_requests` is set once as many are open as there can be."""

    def __init__(self) -> None:
        super().__init__()
        self.open_requests, self.may_answer = threading.Event(), threading.Event()

    async def send(self, envelope: Envelope) -> Answer:
        """Take one mail at once, and say so later."""
        answer = await super().send(envelope)
        if len(self.seen) >= OPEN:
            self.open_requests.set()
        await asyncio.to_thread(self.may_answer.wait)
        return answer


@pytest.fixture
def wire(database: sa.Engine, database_url: str) -> Iterator[Wire]:
    """A wire to the database, in which mail to some people is due."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has no wire")
    for number in range(PEOPLE):
        add_customer(database, f"c{number}")
        enroll(database, f"c{number}")
    queue(database)
    with Wire(database_url) as wire:
        yield wire


def terminate(database: sa.Engine) -> None:
    """End every other connection, as an administrator does."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(OTHERS)


def run_in_thread(dispatcher: dispatch.Dispatcher) -> tuple[threading.Thread, list[object]]:
    """Start a run; what it returned or raised is in the list when the thread has ended."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(dispatcher.run_once(a_runtime()))
        except DatabaseError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_answers_are_kept_until_the_database_is_back(database: sa.Engine, wire: Wire) -> None:
    """Cut off while requests are open: it says so in a sentence, claims nothing, and settles all of them later."""
    provider = Waiting()
    engine = connect(wire.url)
    settings = a_runtime(connections=OPEN).settings
    with dispatch.Dispatcher(engine, provider, settings, clock=a_clock()) as dispatcher:
        thread, results = run_in_thread(dispatcher)
        assert provider.open_requests.wait(30)
        wire.cut()
        provider.may_answer.set()
        thread.join()
        assert isinstance(results[0], DatabaseError), results
        assert "\n" not in str(results[0])
        assert statuses(database) == {"sending": OPEN, "queued": PEOPLE - OPEN}
        with pytest.raises(DatabaseError):
            dispatcher.run_once(a_runtime())
        assert len(provider.seen) == OPEN
        wire.mend()
        report = dispatcher.run_once(a_runtime())
        assert (report.problem, report.sent) == (None, PEOPLE)
    engine.dispose()
    assert statuses(database) == {"sent": PEOPLE}
    assert Counter(each.send_id for each in provider.seen).most_common(1)[0][1] == 1


def test_connections_that_were_ended_are_made_anew(database: sa.Engine, wire: Wire) -> None:
    """After pg_terminate_backend or a restart, the answers are settled over new connections, within the same run."""
    provider = Waiting()
    engine = connect(wire.url)
    with dispatch.Dispatcher(engine, provider, a_runtime(connections=OPEN).settings, clock=a_clock()) as dispatcher:
        thread, results = run_in_thread(dispatcher)
        assert provider.open_requests.wait(30)
        terminate(database)
        provider.may_answer.set()
        thread.join()
        if isinstance(results[0], DatabaseError):
            dispatcher.run_once(a_runtime())
    engine.dispose()
    assert statuses(database) == {"sent": PEOPLE}
    assert len(provider.seen) == PEOPLE


def test_a_claim_whose_commit_was_not_confirmed_is_given_back(database: sa.Engine, wire: Wire) -> None:
    """The wire broke as the claim was committed: those messages never began, and leave at the next run, once."""
    engine, provider = connect(wire.url), MemoryProvider()
    broken = threading.Event()

    def break_after_commit(connection: sa.Connection) -> None:
        if not broken.is_set() and _claims(connection):
            broken.set()
            _commit_then_lose(connection, wire)

    sa.event.listen(engine, "commit", break_after_commit)
    with dispatch.Dispatcher(engine, provider, a_runtime(connections=OPEN).settings, clock=a_clock()) as dispatcher:
        with pytest.raises(DatabaseError):
            dispatcher.run_once(a_runtime())
        assert broken.is_set()
        assert provider.seen == []
        assert statuses(database) == {"sending": OPEN, "queued": PEOPLE - OPEN}
        wire.mend()
        assert dispatcher.run_once(a_runtime()).sent == PEOPLE
    engine.dispose()
    assert statuses(database) == {"sent": PEOPLE}
    assert len(provider.seen) == PEOPLE


def _claims(connection: sa.Connection) -> bool:
    return bool(connection.exec_driver_sql("SELECT count(*) FROM message WHERE status = 'sending'").scalar())


def _commit_then_lose(connection: sa.Connection, wire: Wire) -> None:
    """Commit, and lose the connection before that is confirmed."""
    connection.exec_driver_sql("COMMIT")
    wire.cut()
    connection.exec_driver_sql("SELECT 1")
