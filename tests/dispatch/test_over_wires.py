"""Sending over real SMTP and SendGrid's API, and what is said at each start."""

from __future__ import annotations

from collections import deque

import pytest
import sqlalchemy as sa
from dispatch.dispatched import fill
from sending import (
    FILES,
    HOUR,
    NOW,
    a_clock,
    a_runtime,
    statuses,
    the_message,
)

from engine import dispatch, outbox
from engine.db import reading, writing
from engine.models.tables import lane, message
from engine.providers.memory import MemoryProvider
from engine.providers.smtp import SmtpProvider
from engine.runtime import build
from engine.testing.sendgrid import Reply, SendGridServer
from engine.testing.smtp_sink import Fault, SmtpSink


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


def test_a_dispatcher_that_cannot_say_goodbye_closes_all_the_same(
    database: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the ledger cannot be written at the end it says so, and keeps no loop and no thread."""
    fill(database, 1)
    settings = a_runtime()
    dispatcher = dispatch.Dispatcher(database, MemoryProvider(), settings.settings, clock=a_clock())
    assert dispatcher.run_once(settings).sent == 1
    with writing(database) as connection:
        connection.execute(sa.text("ALTER TABLE worker RENAME TO elsewhere"))
    dispatcher.close()
    assert "could not say that it ends" in capsys.readouterr().out
    assert dispatcher._loop.is_closed()
    with writing(database) as connection:
        connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO worker"))
