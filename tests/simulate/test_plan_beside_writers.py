"""A plan keeps nobody waiting: it holds no write lock, waits for none, and leaves no long transaction open."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from company import DAY, FILES, edited, people
from planned import Planner

from engine.db import connect
from engine.models.tables import customer

IMPATIENT = {"sqlite": "PRAGMA busy_timeout = 0", "postgresql": "SET lock_timeout = '1ms'"}
OLD_SNAPSHOTS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)


def test_a_plan_runs_while_somebody_holds_the_write_lock(planner: Planner) -> None:
    """Another program has written and not committed: the plan neither waits nor sees it."""
    people(planner.database)
    planner.live(FILES)
    other = connect(planner.url)
    with other.connect().execution_options(immediate=True) as connection, connection.begin() as transaction:
        connection.execute(sa.update(customer).values(first_name="Eve"))
        found = planner.plan(edited("14", "18"))
        transaction.rollback()
    other.dispose()
    assert [mail.name for mail in found.rules[0].stops] == ["Cleo"]


def test_nobody_waits_for_a_plan(planner: Planner) -> None:
    """At every tick a writer that does not wait at all commits, and no reader keeps the log from being written back."""
    people(planner.database)
    planner.live(FILES)
    other = connect(planner.url)
    written: list[datetime] = []

    def write(at: datetime) -> None:
        with other.connect() as connection:
            connection.exec_driver_sql(IMPATIENT[other.dialect.name])
            connection.commit()
        with other.connect().execution_options(immediate=True) as connection, connection.begin():
            connection.execute(sa.update(customer).values(last_name=f"{len(written)}"))
        assert left_open(other) == 0
        written.append(at)

    planner.plan(edited("14", "18"), length=DAY, progress=write)
    with other.connect() as connection:
        names = set(connection.execute(sa.select(customer.c.last_name)).scalars())
    other.dispose()
    assert names == {f"{len(written) - 1}"}
    assert len(written) > 24


def left_open(engine: sa.Engine) -> int:
    """How many transactions of others keep SQLite's log, or PostgreSQL's old rows, from being cleaned up."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return int(connection.exec_driver_sql(OLD_SNAPSHOTS).scalar_one())
        connection.commit()
        raw = connection.connection.dbapi_connection
        assert raw is not None
        busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return int(busy)
