"""Runs of the sending stage: from due messages to answers, over providers that fail as real ones do."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from dispatch.dispatched import fill
from sending import (
    HOUR,
    NOW,
    a_clock,
    a_runtime,
    add_customer,
    enroll,
    queue,
    statuses,
    the_message,
)

from engine import dispatch, outbox
from engine.db import reading, writing
from engine.errors import DatabaseError
from engine.models.tables import worker
from engine.providers import Answer, Envelope, Outcome
from engine.providers.memory import MemoryProvider
from engine.providers.smtp import SmtpProvider
from engine.testing.smtp_sink import SmtpSink


def test_all_that_is_due_leaves(database: sa.Engine) -> None:
    """One run sends every due mail once, and forgets its worker when it ends."""
    fill(database, 25)
    provider = MemoryProvider()
    report = dispatch.run_once(database, a_runtime(connections=4), provider, clock=a_clock())
    assert (report.sent, report.rendered, report.problem) == (25, 25, None)
    assert len({envelope.send_id for envelope in provider.seen}) == len(provider.seen) == 25
    assert statuses(database) == {"sent": 25}
    with reading(database) as connection:
        assert connection.execute(sa.select(worker)).all() == []
    assert not provider.is_open


def test_a_second_run_sends_nothing(database: sa.Engine) -> None:
    """What was sent is never sent again."""
    fill(database, 3)
    provider = MemoryProvider()
    with dispatch.Dispatcher(database, provider, a_runtime().settings, clock=a_clock()) as dispatcher:
        assert dispatcher.run_once(a_runtime()).sent == 3
        assert dispatcher.run_once(a_runtime()).figures == {}
    assert len(provider.seen) == 3


def test_many_who_must_not_be_written_to_cost_no_tokens(database: sa.Engine) -> None:
    """A run goes past any number of skipped messages to those that may leave."""
    fill(database, 30)
    with writing(database) as connection:
        connection.execute(sa.text("UPDATE customer SET email = 'nobody' WHERE id < 'c028'"))
    provider = MemoryProvider()
    report = dispatch.run_once(database, a_runtime(connections=2), provider, clock=a_clock())
    assert report.moved == {"skipped": 28, "sent": 2}


def test_a_fault_in_a_provider_leaves_it_unknown(database: sa.Engine) -> None:
    """An exception nobody thought of is no proof that nothing was sent."""

    class Broken(MemoryProvider):
        async def send(self, envelope: Envelope) -> Answer:
            raise RuntimeError(envelope.topic)

    fill(database, 1)
    dispatch.run_once(database, a_runtime(), Broken(), clock=a_clock())
    assert (the_message(database)["status"], the_message(database)["reason"]) == ("in_doubt", "RuntimeError: account")


def test_who_cannot_be_reached_keeps_messages_queued(database: sa.Engine) -> None:
    """One clear sentence in the report and in the lane; nothing is lost, and it is forgotten when all is well again."""
    fill(database, 5)
    with SmtpSink() as sink:
        port = sink.port
    gone = SmtpProvider(host="127.0.0.1", port=port, tls="none", timeout=5)
    report = dispatch.run_once(database, a_runtime(connections=1), gone, clock=a_clock())
    assert report.problem is not None
    assert f"127.0.0.1:{port} cannot be reached" in report.problem
    assert statuses(database) == {"queued": 5}
    with reading(database) as connection:
        (trouble,) = outbox.lanes(connection)
    assert trouble.stopped_at is None
    assert "cannot be reached" in trouble.sentence
    with SmtpSink() as sink:
        there = SmtpProvider(host="127.0.0.1", port=sink.port, tls="none", timeout=5)
        assert dispatch.run_once(database, a_runtime(), there, clock=a_clock(NOW + HOUR)).problem is None
    assert statuses(database) == {"sent": 5}
    with reading(database) as connection:
        assert outbox.lanes(connection) == ()


def test_a_provider_that_asks_for_less_gets_it(database: sa.Engine) -> None:
    """After a 429 the run ends, nothing is lost, and the next run waits too."""
    fill(database, 5)
    provider = MemoryProvider()
    provider.fail_with([Answer(outcome=Outcome.SLOW_DOWN, words="429", wait=timedelta(seconds=30))])
    settings = a_runtime(connections=1)
    with dispatch.Dispatcher(database, provider, settings.settings, clock=a_clock()) as dispatcher:
        assert dispatcher.run_once(settings).moved == {"queued": 1}
        again = dispatcher.run_once(settings)
    assert again.sent == 0
    assert "asked for less" in str(again.problem)
    assert (len(provider.seen), statuses(database)) == (1, {"queued": 5})


def test_our_fault_ends_the_run_and_stops_the_lane(database: sa.Engine) -> None:
    """With a key that is refused, one recipient is tried and none is burned."""
    fill(database, 5)
    provider = MemoryProvider()
    provider.fail_with([Answer(outcome=Outcome.OUR_FAULT, words="401 unauthorized")])
    report = dispatch.run_once(database, a_runtime(connections=1), provider, clock=a_clock())
    assert "401 unauthorized" in str(report.problem)
    again = dispatch.run_once(database, a_runtime(), provider, clock=a_clock())
    assert "memory is stopped (401 unauthorized, by engine)" in str(again.problem)
    assert (len(provider.seen), statuses(database)) == (1, {"queued": 5})


def test_a_request_that_could_not_start_goes_back(database: sa.Engine) -> None:
    """What has not started within five seconds of its claim is queued again, unsent."""
    fill(database, 1)
    provider, settings, never = MemoryProvider(), a_runtime().settings, timedelta(seconds=-1)
    with dispatch.Dispatcher(database, provider, settings, clock=a_clock(), start_within=never) as dispatcher:
        assert dispatcher.run_once(a_runtime()).moved["queued"] >= 1
    assert provider.seen == []
    assert (the_message(database)["status"], the_message(database)["doubts"]) == ("queued", 0)


def test_a_machine_that_slept_starts_no_request_of_an_old_claim(database: sa.Engine) -> None:
    """An hour has passed since the claim, of which the monotonic clock knows nothing: the mail is claimed anew."""
    fill(database, 1)
    provider, clock = MemoryProvider(), a_clock()

    def sleep(where: str) -> None:
        if where == "claimed":
            clock.at += HOUR

    dispatch.run_once(database, a_runtime(), provider, clock=clock, signal=sleep)
    assert provider.seen == []
    assert (the_message(database)["status"], the_message(database)["doubts"]) == ("queued", 0)


def test_connections_are_kept_between_runs(database: sa.Engine) -> None:
    """Two runs of one dispatcher use one SMTP session."""
    with SmtpSink() as sink:
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, tls="none")
        with dispatch.Dispatcher(database, provider, a_runtime().settings, clock=a_clock()) as dispatcher:
            for id_ in ("ana", "bob"):
                add_customer(database, id_)
                enroll(database, id_)
                queue(database)
                assert dispatcher.run_once(a_runtime()).sent == 1
        assert (sink.sessions, len(sink.mails)) == (1, 2)


def test_stop_waits_for_what_is_in_flight(database: sa.Engine) -> None:
    """After `stop` nothing more is claimed, and what was under way is answered and settled."""

    class Slow(MemoryProvider):
        def __init__(self) -> None:
            super().__init__()
            self.started, self.go_on = threading.Event(), threading.Event()

        async def send(self, envelope: Envelope) -> Answer:
            self.started.set()
            await asyncio.get_running_loop().run_in_executor(None, self.go_on.wait)
            return await super().send(envelope)

    fill(database, 10)
    provider = Slow()
    runtime = a_runtime(connections=2)
    dispatcher = dispatch.Dispatcher(database, provider, runtime.settings, clock=a_clock())
    reports: list[dispatch.Report] = []
    run = threading.Thread(target=lambda: reports.append(dispatcher.run_once(runtime)))
    run.start()
    assert provider.started.wait(10)
    dispatcher.stop()
    provider.go_on.set()
    run.join(10)
    dispatcher.close()
    assert 1 <= reports[0].sent <= 2
    assert statuses(database) == {"sent": reports[0].sent, "queued": 10 - reports[0].sent}


def test_a_ledger_that_cannot_be_written_stops_everything(database: sa.Engine) -> None:
    """If answers cannot be stored nothing more is claimed; the next run stores them before all else."""
    fill(database, 6)
    provider, runtime = MemoryProvider(), a_runtime(connections=1)
    broken = threading.Event()

    def breaking(where: str) -> None:
        if where == "answered" and not broken.is_set():
            broken.set()
            with writing(database) as connection:
                connection.execute(sa.text("ALTER TABLE feedback RENAME TO elsewhere"))
                connection.execute(sa.text("ALTER TABLE recipient RENAME TO recipient_elsewhere"))

    with dispatch.Dispatcher(database, provider, runtime.settings, clock=a_clock(), signal=breaking) as dispatcher:
        with pytest.raises(DatabaseError, match="no up-to-date tables"):
            dispatcher.run_once(runtime)
        assert len(provider.seen) == 1
        assert statuses(database) == {"queued": 5, "sending": 1}
        with writing(database) as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO feedback"))
            connection.execute(sa.text("ALTER TABLE recipient_elsewhere RENAME TO recipient"))
        assert dispatcher.run_once(runtime).sent == 6
    assert len(provider.seen) == 6
