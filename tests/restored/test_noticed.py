"""A restored database is noticed before anything leaves."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from restored.lost import a_day_is_lost, by_person, due, sent
from sending import HOUR, NOW, a_claimer, a_runtime

from engine import dispatch, outbox, witness
from engine.clock import SetClock
from engine.db import connect
from engine.outbox.lanes import RESTORED
from engine.providers.memory import MemoryProvider
from engine.witness import Witness


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
