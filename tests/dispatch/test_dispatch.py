"""Runs of the sending stage: from due messages to answers, over providers that fail as real ones do."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import (
    FILES,
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
from engine.models.tables import lane, message, worker
from engine.providers import Answer, Envelope, Outcome
from engine.providers.memory import MemoryProvider
from engine.providers.smtp import SmtpProvider
from engine.runtime import build
from engine.testing.sendgrid import Reply, SendGridServer
from engine.testing.smtp_sink import Fault, SmtpSink


def fill(engine: sa.Engine, count: int, rule: str = "welcome") -> None:
    """Queue a mail to each of so many customers."""
    for number in range(count):
        add_customer(engine, f"c{number:03}")
        enroll(engine, f"c{number:03}", rule=rule)
    queue(engine)


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


def test_over_real_smtp_each_fault_has_its_end(database: sa.Engine) -> None:
    """Through the whole stage: a refusal fails, a lost answer is in doubt, the rest arrives."""
    fill(database, 4)
    with SmtpSink(
        faults=deque([Fault(stage="rcpt", reply="550 no such user"), Fault(stage="dot", reply="drop", keeps=True)])
    ) as sink:
        provider = SmtpProvider(host="127.0.0.1", port=sink.port, tls="none")
        dispatch.run_once(database, a_runtime(connections=1), provider, clock=a_clock())
        assert len(sink.mails) == 3
    assert statuses(database) == {"failed": 1, "in_doubt": 1, "sent": 2}


def test_over_sendgrid_each_fault_has_its_end(database: sa.Engine) -> None:
    """Through the whole stage, with what SendGrid answers; a 500 is tried again and arrives."""
    from engine.providers.sendgrid import SendGridProvider

    fill(database, 4)
    replies = deque([Reply(status=400), Reply(status=502), Reply(status=500)])
    with SendGridServer(replies=replies) as server:
        provider = SendGridProvider(api_key=server.api_key, base_url=server.url)
        dispatch.run_once(database, a_runtime(connections=1), provider, clock=a_clock())
        assert statuses(database) == {"failed": 1, "in_doubt": 1, "queued": 1, "sent": 1}
        again = SendGridProvider(api_key=server.api_key, base_url=server.url)
        dispatch.run_once(database, a_runtime(connections=1), again, clock=a_clock(NOW + HOUR))
        assert len(server.accepted) == 2
    assert statuses(database) == {"failed": 1, "in_doubt": 1, "sent": 2}


@pytest.mark.parametrize("name", ["smtp", "sendgrid"])
@pytest.mark.parametrize(
    ("public_url", "leaves"), [("", False), ("http://mail.acme.test", False), ("https://mail.acme.test", True)]
)
def test_marketing_leaves_only_with_one_click(database: sa.Engine, name: str, public_url: str, *, leaves: bool) -> None:
    """By a real provider the policy stops it, unless its links unsubscribe over https."""
    fill(database, 1, rule="tip")
    provider = MemoryProvider(name=name)
    dispatch.run_once(database, a_runtime(provider=name, public_url=public_url), provider, clock=a_clock())
    assert len(provider.seen) == leaves
    assert the_message(database)["reason"] == (None if leaves else f"marketing by {name} needs public_url")


def test_marketing_on_a_real_provider_is_a_problem_with_a_place() -> None:
    """`check`, `apply` and each start say where the topic stands and what to do."""
    smtp = a_runtime(provider="smtp").settings
    (problem,) = outbox.marketing_problems(a_runtime().rules, smtp)
    assert str(problem).startswith("rules/topics.yaml:4:1: ")
    assert "`public_url`" in problem.message
    assert outbox.marketing_problems(a_runtime().rules, a_runtime().settings) == ()
    reachable = a_runtime(provider="smtp", public_url="https://mail.acme.test").settings
    assert outbox.marketing_problems(a_runtime().rules, reachable) == ()
    unused = {path: text for path, text in FILES.items() if path != "rules/tip.yaml"}
    assert outbox.marketing_problems(build(unused, release_id=1, settings=smtp).rules, smtp) == ()


def test_brakes_are_said_at_each_start() -> None:
    """Whoever starts the engine sees whom mail goes to."""
    braked = a_runtime(only_to=("acme.test",), redirect_to="staging@acme.test").settings
    only, redirect = outbox.start_lines(braked)
    assert "acme.test" in only
    assert "staging@acme.test" in redirect
    assert outbox.start_lines(a_runtime().settings, a_runtime().rules) == ()
    (refused,) = outbox.start_lines(a_runtime(provider="sendgrid").settings, a_runtime().rules)
    assert "topic `tips`: mail of marketing topics cannot leave by sendgrid" in refused


def test_a_dispatcher_that_never_ran_closes() -> None:
    """Nothing was opened, so nothing has to be closed."""
    dispatch.Dispatcher(sa.create_engine("sqlite://"), MemoryProvider(), a_runtime().settings).close()


def test_a_lane_that_is_stopped_says_so(database: sa.Engine) -> None:
    """The report names who stopped it and why, and what goes on."""
    fill(database, 1)
    with writing(database) as connection:
        connection.execute(sa.insert(lane).values(name="all", stopped_at=NOW, reason="moving house", by="eva"))
    report = dispatch.run_once(database, a_runtime(), MemoryProvider(), clock=a_clock())
    assert report.problem == "all is stopped (moving house, by eva); `lifecycle resume` goes on"
    with reading(database) as connection:
        assert connection.scalar(sa.select(message.c.attempt)) == 0


def test_a_dispatcher_that_cannot_say_goodbye_closes_all_the_same(database: sa.Engine) -> None:
    """Where the ledger cannot be written at the end it says so, and keeps no loop and no thread."""
    fill(database, 1)
    settings = a_runtime()
    dispatcher = dispatch.Dispatcher(database, MemoryProvider(), settings.settings, clock=a_clock())
    assert dispatcher.run_once(settings).sent == 1
    with writing(database) as connection:
        connection.execute(sa.text("ALTER TABLE worker RENAME TO elsewhere"))
    with pytest.raises(DatabaseError, match="no up-to-date tables"):
        dispatcher.close()
    assert dispatcher._loop.is_closed()
    with writing(database) as connection:
        connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO worker"))
