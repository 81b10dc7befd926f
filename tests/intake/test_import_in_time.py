"""What is learned is committed while ticks still look for it, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from importing import Importer

from engine.clock import SetClock
from engine.db import reading, writing
from engine.errors import DatabaseError
from engine.evaluate.state import OVERLAP
from engine.intake import Kind
from engine.intake.stamp import LONGEST, learning
from engine.models.tables import customer

CLOCK = SetClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
ROWS = {
    Kind.CUSTOMERS: "id,email\nana,ana@example.com\n",
    Kind.ACCOUNTS: "id,name\nana,Acme\n",
    Kind.MEMBERS: "customer_id,account_id,role\nana,acme,owner\n",
    Kind.EVENTS: "customer_id,name,at\nana,Logged In,2026-03-01T12:00:00Z\n",
}


def learn(database: sa.Engine, seconds: float) -> None:
    """Learn of a customer in a transaction that takes so long."""
    ticks = iter([1000.0, 1000.0 + seconds])
    with learning(database, CLOCK, seconds=lambda: next(ticks)) as (connection, learned):
        assert learned == 1_772_366_400_000_000
        instants = dict.fromkeys(("created_at", "changed_at"), CLOCK.at)
        connection.execute(sa.insert(customer).values(id="ana", **instants))


def people(database: sa.Engine) -> list[str]:
    """Return the customers that are stored."""
    with reading(database) as connection:
        return list(connection.execute(sa.select(customer.c.id)).scalars())


def test_a_batch_that_took_too_long_is_refused_whole(database: sa.Engine) -> None:
    """A tick would look past it; the error says that the import can be repeated, and then it is stored."""
    with pytest.raises(DatabaseError, match="nothing of it was stored: import the file again"):
        learn(database, LONGEST + 0.1)
    assert people(database) == []
    learn(database, LONGEST)
    assert people(database) == ["ana"]


def test_the_bound_lies_within_what_ticks_look_back() -> None:
    """With some seconds for the commit itself."""
    assert LONGEST * 1_000_000 + 5_000_000 <= OVERLAP


def test_postgresql_gives_up_waiting_in_time(database: sa.Engine) -> None:
    """For a lock, and in one statement; other transactions keep their own bounds."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite takes its one lock before the stamp")
    shown = [sa.text("SHOW lock_timeout"), sa.text("SHOW statement_timeout")]
    with learning(database, CLOCK) as (connection, _):
        assert [connection.execute(show).scalar_one() for show in shown] == ["20s", "25s"]
    with reading(database) as connection:
        assert [connection.execute(show).scalar_one() for show in shown] == ["0", "0"]


def test_a_lock_that_is_not_had_in_time_is_one_sentence(database: sa.Engine) -> None:
    """Which says that nothing was written."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite waits for its lock before the stamp")
    learn(database, 0)
    with writing(database) as other:
        other.execute(sa.update(customer).values(locale="sv"))
        with pytest.raises(DatabaseError, match="was kept waiting by another program"):
            _learn_at_once(database)


def _learn_at_once(database: sa.Engine) -> None:
    with learning(database, CLOCK) as (connection, _):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        connection.execute(sa.update(customer).values(locale="en"))


@pytest.mark.parametrize("kind", list(ROWS))
def test_every_kind_of_import_is_bounded(importer: Importer, kind: Kind) -> None:
    """Each stamps in such a transaction: on PostgreSQL each sets the bounds, once a batch."""
    said: list[str] = []
    sa.event.listen(importer.database, "before_cursor_execute", lambda *given: said.append(given[2]))
    importer(kind, ROWS[kind])
    expected = 0 if importer.database.dialect.name == "sqlite" else 1
    assert sum("lock_timeout" in statement for statement in said) == expected
    assert sum("max(rule_state.watermark)" in statement for statement in said) == 1
