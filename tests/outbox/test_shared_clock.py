"""Promise 2 where clocks differ: heartbeats and leases are written and judged by the clock that all workers share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sending import HOUR, a_claimer, a_runtime, add_customer, enroll, queue, statuses

from engine import dispatch, outbox
from engine.clock import SystemClock, span
from engine.db import connect, reading, writing
from engine.models.tables import event, message, worker
from engine.outbox import Claimer
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider

NEARLY = timedelta(minutes=1)


class Wrong(SystemClock):
    """A machine's clock that is set wrong."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        """Return an instant that is not now."""
        return super().now() + self._by


def on_a_host(name: str) -> Claimer:
    """Return who claims on a host whose clock is not set by hand."""
    claimer = a_claimer(worker=name)
    return replace(claimer, worker=replace(claimer.worker, clock_is_set=False))


def one_is_due(engine: sa.Engine) -> datetime:
    """Queue a mail that is due by every clock, on a topic that sends again after a doubt; returns what time it is."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite is for one machine, which has one clock")
    now = SystemClock().now()
    since = now - 4 * HOUR
    add_customer(engine)
    with writing(engine) as connection:
        connection.execute(sa.update(event).values(at=since, received_at=since))
    enroll(engine, rule="sure", due_at=since, moment_at=since, decided_at=since)
    queue(engine, now=now)
    return now


@pytest.mark.parametrize("wrong_by", [-HOUR, HOUR])
def test_an_open_request_of_a_host_whose_clock_is_wrong_is_left_alone(database: sa.Engine, wrong_by: timedelta) -> None:
    """It neither looks silent nor is its lease over, to whomever: nothing is sent a second time."""
    now = one_is_due(database)
    wrong, right = on_a_host("wrong"), on_a_host("right")
    prepared = outbox.prepare(database, wrong, now=now + wrong_by)
    assert outbox.claim(database, wrong, prepared.candidates, room=1, now=now + wrong_by).outgoing
    for other, its_now in ((right, now), (on_a_host("fast"), now + 2 * HOUR)):
        assert outbox.reap(database, other, now=its_now) == {}
    assert statuses(database) == {"sending": 1}


def test_a_lease_ends_by_the_shared_clock_also_where_its_holder_was_a_day_fast(database: sa.Engine) -> None:
    """Once it is over and its worker silent, whoever looks puts the mail in doubt, not only a day later."""
    now = one_is_due(database)
    fast = on_a_host("fast")
    prepared = outbox.prepare(database, fast, now=now + 24 * HOUR)
    (claimed,) = outbox.claim(database, fast, prepared.candidates, room=1, now=now + 24 * HOUR).outgoing
    with writing(database) as connection:
        for column in (worker.c.seen_at, message.c.lease_until):
            earlier = sa.type_coerce(sa.type_coerce(column, sa.BigInteger) - span(NEARLY * 5), column.type)
            connection.execute(sa.update(column.table).values({column.name: earlier}))
    assert outbox.reap(database, on_a_host("right"), now=now) == {"queued": 1}
    assert claimed.attempt == 1


def test_heartbeats_are_told_by_the_shared_clock(database: sa.Engine) -> None:
    """The first and the later ones; a host that leaves a day ahead forgets nobody who lives."""
    now = one_is_due(database)
    early, late = on_a_host("early").worker, on_a_host("late").worker
    with writing(database) as connection:
        for holder, by in ((early, -HOUR), (late, 48 * HOUR), (early, -HOUR), (late, 48 * HOUR)):
            assert abs(outbox.beat(connection, holder, now=now + by) - now) < NEARLY
        outbox.leave(connection, late, now=now + 48 * HOUR)
    with reading(database) as connection:
        assert connection.scalars(sa.select(worker.c.id)).all() == ["early"]


def test_a_clock_that_is_set_by_hand_is_obeyed(database: sa.Engine) -> None:
    """Simulations tell the time themselves, on both databases."""
    later = SystemClock().now() + 48 * HOUR
    with writing(database) as connection:
        assert outbox.beat(connection, a_claimer().worker, now=later) == later


class Looking(MemoryProvider):
    """While a request is open here, another host looks for what was left behind, and sends what is due."""

    def __init__(self, other: dispatch.Dispatcher) -> None:
        super().__init__()
        self._other = other

    async def send(self, envelope: Envelope) -> Answer:
        """Accept, after the other host has had its run."""
        self._other.run_once(a_runtime())
        return await super().send(envelope)


def test_a_worker_an_hour_behind_sends_nothing_twice(database: sa.Engine) -> None:
    """Though its topic sends again after a doubt, there is none: the other host sees that it lives."""
    one_is_due(database)
    settings, elsewhere, theirs = (
        a_runtime().settings,
        connect(str(database.url.render_as_string(hide_password=False))),
        MemoryProvider(),
    )
    with dispatch.Dispatcher(elsewhere, theirs, settings) as right:
        ours = Looking(right)
        with dispatch.Dispatcher(database, ours, settings, clock=Wrong(-HOUR)) as behind:
            behind.run_once(a_runtime())
    elsewhere.dispose()
    assert (len(ours.sent), theirs.sent, statuses(database)) == (1, [], {"sent": 1})
