"""Yesterday's database is put back: nothing is sent twice, and what may have been sent is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sending import HOUR, NOW, a_claimer, a_runtime, add_customer, answer, claim, enroll, messages, queue, statuses
from sqlmodel import SQLModel

from engine import dispatch, outbox, witness
from engine.clock import SetClock
from engine.db import connect, insert_missing, reading, writing
from engine.models.tables import event, feedback
from engine.outbox import Resolve, Status
from engine.outbox.lanes import RESTORED, start
from engine.providers import Outcome
from engine.providers.memory import MemoryProvider
from engine.witness import Span, Witness

Backup = Callable[[], None]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def back_up(engine: sa.Engine) -> Backup:
    """Keep a copy of the database; returns what puts it back."""
    return _file_copied(engine) if engine.dialect.name == "sqlite" else _tables_copied(engine)


def _file_copied(engine: sa.Engine) -> Backup:
    path = Path(str(engine.url.database))
    with sa.create_engine(engine.url).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = path.read_bytes()

    def restore() -> None:
        for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            name.unlink(missing_ok=True)
        path.write_bytes(kept)

    return restore


def _tables_copied(engine: sa.Engine) -> Backup:
    tables = SQLModel.metadata.sorted_tables
    with reading(engine) as connection:
        kept = {table: [dict(row) for row in connection.execute(sa.select(table)).mappings()] for table in tables}

    def restore() -> None:
        with writing(engine) as connection:
            for table in tables:
                connection.execute(sa.delete(table))
                if kept[table]:
                    connection.execute(sa.insert(table), kept[table])

    return restore


@pytest.fixture
def clock() -> SetClock:
    """The time of the worker."""
    return SetClock(NOW)


@pytest.fixture
def provider() -> MemoryProvider:
    """Who carries mail, and remembers it whatever happens to the database."""
    return MemoryProvider()


@pytest.fixture
def seen(database: sa.Engine, tmp_path: Path) -> Iterator[Witness]:
    """The witness of the worker."""
    found = witness.opened(database, tmp_path / "state")
    yield found
    found.close()


@pytest.fixture
def worker(
    database: sa.Engine, seen: Witness, clock: SetClock, provider: MemoryProvider
) -> Iterator[dispatch.Dispatcher]:
    """A worker that runs all the time."""
    with dispatch.Dispatcher(database, provider, a_runtime().settings, clock=clock, witness=seen) as found:
        yield found


def due(engine: sa.Engine, *names: str, rule: str = "welcome", at: datetime = NOW) -> None:
    """Let these people sign up an hour before, and their mail become due, as evaluation would."""
    for name in names:
        happened = {"customer_id": name, "id": f"s-{name}", "name": "Signed Up", "at": at - HOUR}
        with writing(engine) as connection:
            connection.execute(insert_missing(connection, event), {**happened, "received_at": at - HOUR})
        enroll(engine, name, rule, fact=f"s-{name}", due_at=at - HOUR, moment_at=at - HOUR, decided_at=at)
    queue(engine, now=at)


def declare(engine: sa.Engine, clock: SetClock) -> None:
    """Say what `lifecycle db restored` says."""
    with reading(engine) as connection:
        span = Span(from_at=witness.last_known(connection) or NOW - DAY, until_at=clock.now())
        found = outbox.suspects(connection, span)
    with writing(engine) as connection:
        witness.declare(connection, span, by="ana")
    outbox.doubt(engine, a_runtime().rules, found, now=clock.now())
    with writing(engine) as connection:
        start(connection, by="ana", now=clock.now())


def sent(provider: MemoryProvider) -> list[str]:
    """Return to whom mail went, in its order."""
    return [each.recipient.address.split("@")[0] for each in provider.seen]


def by_person(engine: sa.Engine) -> dict[str, str]:
    """Return where each person's mail stands."""
    return {str(row["recipient_id"]): str(row["status"]) for row in messages(engine)}


def a_day_is_lost(database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, *, rule: str = "welcome") -> None:
    """Ana got mail before the backup; Bob's waited in it and left afterwards; Eva's came to be and left afterwards."""
    for name in ("ana", "bob", "eva", "tom"):
        add_customer(database, name)
    due(database, "ana", rule=rule)
    worker.run_once(a_runtime())
    due(database, "bob", rule=rule)
    restore = back_up(database)
    clock.at = NOW + HOUR
    worker.run_once(a_runtime())
    due(database, "eva", rule=rule, at=NOW + HOUR)
    worker.run_once(a_runtime())
    clock.at = NOW + 20 * HOUR
    restore()


def test_a_running_worker_notices_before_it_sends(
    database: sa.Engine, worker: dispatch.Dispatcher, clock: SetClock, provider: MemoryProvider
) -> None:
    """Nothing is claimed, all sending stops, and the words say what to do."""
    a_day_is_lost(database, worker, clock)
    due(database, "eva", at=NOW + HOUR)
    report = worker.run_once(a_runtime())
    assert report.problem == f"all is stopped ({RESTORED}, by engine); run `lifecycle db restored`, and it goes on"
    assert sent(provider) == ["ana", "bob", "eva"]
    assert by_person(database) == {"ana": "sent", "bob": "queued", "eva": "queued"}
    assert worker.run_once(a_runtime()).problem == report.problem


def test_a_worker_that_starts_anew_notices(
    database: sa.Engine, database_url: str, tmp_path: Path, worker: dispatch.Dispatcher, clock: SetClock
) -> None:
    """The process that sent yesterday is gone; its file is not."""
    a_day_is_lost(database, worker, clock)
    engine, fresh = connect(database_url), MemoryProvider()
    with dispatch.Dispatcher(
        engine, fresh, a_runtime().settings, clock=clock, witness=witness.opened(engine, tmp_path / "state")
    ) as other:
        assert RESTORED in str(other.run_once(a_runtime()).problem)
    engine.dispose()
    assert fresh.seen == []


def test_a_claim_notices_by_itself(
    database: sa.Engine, worker: dispatch.Dispatcher, seen: Witness, clock: SetClock
) -> None:
    """Also where the database is put back between the look at the start of a run and the claim."""
    a_day_is_lost(database, worker, clock)
    claimer = a_claimer()
    prepared = outbox.prepare(database, claimer, now=clock.now())
    watched = type(claimer)(
        running=claimer.running, worker=claimer.worker, provider=claimer.provider, ask=claimer.ask, witness=seen
    )
    claimed = outbox.claim(database, watched, prepared.candidates, room=9, now=clock.now())
    assert claimed.outgoing == ()
    assert RESTORED in str(claimed.stopped)
    assert by_person(database)["bob"] == "queued"


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
