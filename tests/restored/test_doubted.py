"""What may have been sent in the lost span is in doubt, and settled by all that settles doubt."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from restored.lost import DAY, MINUTE, Backup, a_day_is_lost, back_up, by_person, declare, due, sent
from sending import HOUR, NOW, a_runtime, add_customer, answer, claim, enroll, messages, queue, statuses

from engine import dispatch, outbox, witness
from engine.clock import SetClock
from engine.db import reading, writing
from engine.models.tables import feedback
from engine.outbox import Resolve, Status
from engine.outbox.lanes import RESTORED
from engine.providers import Outcome
from engine.providers.memory import MemoryProvider
from engine.witness import Span


def test_what_may_have_been_sent_is_in_doubt(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """What waited in the backup, and what is enrolled again for moments of the lost span; later mail leaves."""
    a_day_is_lost(database, worker, clock)
    worker.run_once(a_runtime())
    declare(database, clock)
    due(database, "eva", at=NOW + HOUR)
    clock.at += 2 * HOUR
    due(database, "tom", at=clock.now())
    assert worker.run_once(a_runtime()).problem is None
    assert by_person(database) == {"ana": "sent", "bob": "in_doubt", "eva": "in_doubt", "tom": "sent"}
    assert sent(provider) == ["ana", "bob", "eva", "tom"]
    reasons = {row["reason"] for row in messages(database) if row["status"] == "in_doubt"}
    assert reasons == {"may have been sent before the database was restored"}


def test_a_topic_that_resends_does_so_once(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """On `on_doubt: resend` what may have been sent leaves again, at most twice in all."""
    a_day_is_lost(database, worker, clock, rule="sure")
    worker.run_once(a_runtime())
    declare(database, clock)
    due(database, "eva", rule="sure", at=NOW + HOUR)
    worker.run_once(a_runtime())
    assert sorted(sent(provider)) == ["ana", "bob", "bob", "eva", "eva"]
    assert by_person(database) == dict.fromkeys(("ana", "bob", "eva"), "sent")
    assert {row["doubts"] for row in messages(database) if row["recipient_id"] != "ana"} == {1}


def test_feedback_settles_what_a_restoration_put_in_doubt(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """Whether it came before the message was there again or after it."""
    a_day_is_lost(database, worker, clock)
    ids = {each.recipient.address.split("@")[0]: each.send_id for each in provider.seen}
    row = {"event_id": "f", "send_id": ids["eva"], "kind": "delivered", "at": NOW, "machine": False}
    with writing(database) as connection:
        connection.execute(sa.insert(feedback).values(**row))
    declare(database, clock)
    due(database, "eva", at=NOW + HOUR)
    assert by_person(database) == {"ana": "sent", "bob": "in_doubt", "eva": "sent"}
    with writing(database) as connection:
        outbox.hear(connection, {ids["bob"]: "delivered"}, now=clock.now())
    assert by_person(database)["bob"] == "sent"


def test_an_operator_settles_it_too(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """What is known not to have been sent is rendered and leaves."""
    a_day_is_lost(database, worker, clock)
    declare(database, clock)
    due(database, "tom", at=NOW + 2 * HOUR)
    (tom,) = (row["send_id"] for row in messages(database) if row["recipient_id"] == "tom")
    assert by_person(database)["tom"] == "in_doubt"
    with writing(database) as connection:
        outbox.carry_out(connection, Resolve(to=Status.QUEUED), [tom], by="ana", now=clock.now())
    worker.run_once(a_runtime())
    assert sent(provider)[-1] == "tom"
    assert by_person(database)["tom"] == "sent"


def test_moments_that_are_over_are_not_told_as_too_late(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock
) -> None:
    """What may have been sent is in doubt, though by now it would be too late to send it."""
    a_day_is_lost(database, worker, clock)
    declare(database, clock)
    clock.at = NOW + 90 * HOUR
    enroll(database, "eva", state="expired", decided_at=clock.now())
    queue(database, now=clock.now())
    assert by_person(database)["eva"] == "in_doubt"


def test_a_backfill_much_later_is_no_doubt(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """A month after the restoration, moments of its span are no longer suspected."""
    a_day_is_lost(database, worker, clock)
    declare(database, clock)
    clock.at += 31 * DAY
    enroll(database, "tom", decided_at=clock.now())
    queue(database, now=clock.now())
    worker.run_once(a_runtime())
    assert by_person(database)["tom"] == "sent"
    assert sent(provider)[-1] == "tom"


@pytest.mark.parametrize(
    ("known", "declared", "minutes", "unknown"),
    [(True, False, 0, False), (False, False, 0, True), (False, True, 0, False), (False, True, 6000, True)],
)
def test_events_of_mail_that_nobody_sent_stop_the_lane(
    database: sa.Engine, *, known: bool, declared: bool, minutes: int, unknown: bool
) -> None:
    """They tell of a restored database even where no file does; a declared restoration explains them for a while."""
    add_customer(database)
    due(database, "ana")
    send_id = messages(database)[0]["send_id"] if known else "6f1ed002-ab55-5f33-8e5c-2d1b3e3c0001"
    with writing(database) as connection:
        if declared:
            witness.declare(connection, Span(from_at=NOW - HOUR, until_at=NOW), by="ana")
        seen = {send_id: NOW + minutes * MINUTE}
        found = outbox.unknown_send_ids(connection, "memory", seen, now=NOW + minutes * MINUTE)
    assert found == ({send_id} if unknown else frozenset())
    assert len(claim(database)) == (0 if unknown else 1)
    with reading(database) as connection:
        assert [lane.reason for lane in outbox.lanes(connection)] == ([RESTORED] if unknown else [])


def test_answers_of_the_lost_span_change_nothing(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock
) -> None:
    """A request that was open when the database was put back is answered into a database that does not know of it."""
    add_customer(database, "ana")
    due(database, "ana")
    restore = back_up(database)
    leaving = claim(database)
    restore()
    clock.at = NOW + HOUR
    answer(database, leaving, Outcome.ACCEPTED, now=clock.now())
    assert statuses(database) == {"queued": 1}
    worker.close()


def test_a_request_that_was_open_in_the_backup_is_in_doubt(
    database: sa.Engine, clock: SetClock, provider: MemoryProvider
) -> None:
    """Not begun again by the worker that made it, which lives on and has no witness."""
    kept: list[Backup] = []

    def keep(where: str) -> None:
        if where == "claimed":
            kept.append(back_up(database))

    add_customer(database, "ana")
    due(database, "ana")
    settings = a_runtime().settings
    with dispatch.Dispatcher(database, provider, settings, clock=clock, signal=keep) as worker:
        worker.run_once(a_runtime())
        kept[0]()
        assert by_person(database) == {"ana": "sending"}
        clock.at += HOUR
        worker.run_once(a_runtime())
        assert by_person(database) == {"ana": "in_doubt"}
    assert sent(provider) == ["ana"]
