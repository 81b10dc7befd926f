"""Tables that were small when PostgreSQL made its plans: mail costs no more when they have grown."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sending import NOW, a_claimer, add_customer, enroll, queue

from engine import outbox
from engine.db import alone

PEOPLE, PAGE, A_MAIL = 150, 10, 60
READ = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname IN ('message_content', 'enrollment')"


def people(database: sa.Engine) -> None:
    """Let mail be due to some people."""
    for number in range(PEOPLE):
        add_customer(database, f"c{number:04}")
        enroll(database, f"c{number:04}")
    queue(database)


def rows_read(database: sa.Engine) -> int:
    """Return how many entries of indexes were read so far; the one connection there is tells what it has not told."""
    with database.connect() as connection:
        connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        connection.commit()
        return int(connection.execute(sa.text(READ)).scalar_one())


def test_a_mail_costs_no_more_rows_where_there_are_many(database: sa.Engine) -> None:
    """A plan for tables that were counted when they were empty would read all enrollments of a rule for each mail."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite plans without looking at how large a table is")
    with alone(database) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    people(database)
    before, ahead = rows_read(database), set[str]()
    for _ in range(0, PEOPLE, PAGE):
        page = outbox.prepare(database, a_claimer(), now=NOW, limit=PAGE, ahead=ahead)
        ahead |= {each.send_id for each in page.candidates}
        outbox.claim(database, a_claimer(), page.candidates, room=0, now=NOW)
    assert len(ahead) == PEOPLE
    assert rows_read(database) - before < PEOPLE * A_MAIL
