"""Erasing while others write: nothing that was under way brings the customer back, and no mail slips through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from sending import NOW, a_claimer, a_clock, a_runtime, add_customer, enroll, queue, the_message
from someone import SECRET

from engine import outbox, privacy
from engine.db import reading, writing
from engine.intake.stamp import learning
from engine.models import tables as t
from engine.rendering import Content, Library

WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def erase_whole(database: sa.Engine) -> None:
    """Take an erasure of ana to its end, but for the pages."""
    left = privacy.begin(database, "ana", secret=SECRET, provider=None, now=NOW, actor="op")
    list(privacy.sweep(database, left.names))
    privacy.settle(database, left, now=NOW)


def in_a_thread(does: Callable[[], Any]) -> threading.Thread:
    """Begin something beside this thread."""
    thread = threading.Thread(target=does)
    thread.start()
    return thread


def until_it_waits(database: sa.Engine, thread: threading.Thread) -> None:
    """Return once the other thread waits for a lock, or is done; SQLite has nothing to look at."""
    waits = False
    while database.dialect.name == "postgresql" and thread.is_alive() and not waits:
        with reading(database) as connection:
            waits = bool(connection.execute(WAITING).scalar_one())


def of_ana(database: sa.Engine, table: sa.Table) -> int:
    """Return how many rows a table has of ana."""
    column = table.c.id if table is t.customer else table.c.get("customer_id", table.c.get("subject_id"))
    assert column is not None
    with reading(database) as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(column == "ana")).scalar_one())


def test_an_import_under_way_is_waited_for(database: sa.Engine) -> None:
    """What an import stores while the erasure begins is erased with the rest."""
    add_customer(database)
    happened = {"customer_id": "ana", "id": "late", "name": "Logged In", "at": NOW, "received_at": NOW}
    with learning(database, a_clock()) as (connection, _):
        erasing = in_a_thread(lambda: erase_whole(database))
        until_it_waits(database, erasing)
        assert erasing.is_alive()
        connection.execute(sa.insert(t.event).values(**happened))
    erasing.join()
    assert (of_ana(database, t.event), of_ana(database, t.customer)) == (0, 0)


@dataclass(frozen=True, kw_only=True)
class Slow(Library):
    """Emails that take so long to be rendered that something else happens `meanwhile`."""

    meanwhile: Callable[[], Any]

    def render(self, template: str, language: str, context: Any) -> Content:  # noqa: ANN401 (as a library does)
        """Let it happen and render."""
        self.meanwhile()
        return super().render(template, language, context)


def test_a_mail_rendered_meanwhile_is_not_kept(database: sa.Engine) -> None:
    """What was read before the erasure and is stored after it would hold the name and the address."""
    add_customer(database)
    enroll(database)
    queue(database)
    running, stated = a_runtime(), a_runtime().library
    slow = Slow(
        variants=stated.variants, brand=stated.brand, names=stated.names, meanwhile=lambda: erase_whole(database)
    )
    prepared = outbox.prepare(database, a_claimer(replace(running, library=slow)), now=NOW)
    with reading(database) as connection:
        assert connection.execute(sa.select(t.message_content.c.recipient)).all() == []
    assert prepared.candidates == ()
    assert the_message(database)["status"] == "skipped"


def test_a_rule_judged_meanwhile_leaves_no_name(database: sa.Engine) -> None:
    """A decision that was computed before the erasure and written after it names nobody in the end."""
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    add_customer(database)
    judging = database.connect()
    with judging.begin():
        judging.execute(sa.select(t.customer.c.id)).all()
        judging.execute(sa.insert(t.zone).values(name="Europe/Stockholm"))
        erasing = in_a_thread(lambda: erase_whole(database))
        _until_erased(database)
        row = {"subject_type": "customer", "subject_id": "ana", "rule": "welcome", "occurrence": "o", "fact": "f"}
        more = {"state": "enrolled", "send": "at once", "offset": 0, "due_at": NOW, "moment_at": NOW, "decided_at": NOW}
        judging.execute(sa.insert(t.enrollment).values(**row, **more, release_id=1))
        assert erasing.is_alive()
    judging.close()
    erasing.join()
    assert of_ana(database, t.enrollment) == 0
    assert the_message(database)["reason"] == "erased"


def _until_erased(database: sa.Engine) -> None:
    while of_ana(database, t.customer):
        pass


@pytest.mark.parametrize("round_", range(4))
def test_a_claim_and_an_erasure_at_once(database: sa.Engine, round_: int) -> None:
    """Whichever comes first holds: a mail that leaves was claimed before the erasure, else it is skipped."""
    del round_
    add_customer(database)
    enroll(database)
    queue(database)
    prepared = outbox.prepare(database, a_claimer(), now=NOW)
    barrier, claimed = threading.Barrier(2), list[outbox.Claimed]()

    def claim() -> None:
        barrier.wait()
        claimed.append(outbox.claim(database, a_claimer(), prepared.candidates, room=1, now=NOW))

    claiming = in_a_thread(claim)
    barrier.wait()
    privacy.begin(database, "ana", secret=SECRET, provider=None, now=NOW, actor="op")
    claiming.join()
    left = bool(claimed[0].outgoing)
    assert the_message(database)["status"] == ("sending" if left else "skipped")
    assert outbox.claim(database, a_claimer(), prepared.candidates, room=1, now=NOW).outgoing == ()


def test_the_door_is_held_by_both(database: sa.Engine) -> None:
    """Two imports run beside each other; whoever forgets waits for both."""
    with learning(database, a_clock()) as (one, _):
        if database.dialect.name == "postgresql":
            with learning(database, a_clock()) as (two, _):
                two.execute(sa.select(t.customer)).all()
        one.execute(sa.select(t.customer)).all()
    with writing(database) as connection:
        connection.execute(sa.select(t.customer)).all()
