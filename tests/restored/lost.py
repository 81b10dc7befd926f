"""A day that a database has lost, for tests of restoring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sending import HOUR, NOW, a_runtime, add_customer, enroll, messages, queue
from sqlmodel import SQLModel

from engine import dispatch, outbox, witness
from engine.clock import SetClock
from engine.db import insert_missing, reading, writing
from engine.models.tables import event
from engine.outbox.lanes import start
from engine.providers.memory import MemoryProvider
from engine.witness import Span

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


Backup = Callable[[], None]
"""Puts the kept state back."""


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
