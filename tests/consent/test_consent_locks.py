"""Promise 3 at the locks: a no holds every address it is about, and nobody's no is lost to a deadlock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa
from impatient import impatient
from sending import NOW, a_clock, a_runtime, add_customer

from engine import consent, recipients, suppression
from engine.app import App
from engine.app.choices import leave
from engine.clock import rest
from engine.db import reading, writing, written
from engine.errors import CollisionError, DatabaseError
from engine.hashing import address_hash
from engine.links import Holder

PRESENT, FORMER = (address_hash(each, "test") for each in ("ana@example.com", "former@example.com"))
FIRST, SECOND = sorted((PRESENT, FORMER))
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def a_no_from_a_former_address(connection: sa.Connection) -> None:
    """Let Ana say no by a link in a mail that went to another address than her present one."""
    told = {"customer_id": "ana", "topic": "tips", "source": "page", "wording": None, "secret": "test", "now": NOW}
    consent.say(connection, address_hash=FORMER, state="no", **told)  # type: ignore[arg-type]


def test_a_no_waits_for_a_claim_to_the_present_address(database: sa.Engine, database_url: str) -> None:
    """Also where no mail waits for it yet: one that is enrolled this moment may be claimed there."""
    add_customer(database)
    hasty = impatient(database_url)
    with writing(database) as connection:
        recipients.lock(connection, [PRESENT])
        with pytest.raises(DatabaseError), writing(hasty) as other:
            a_no_from_a_former_address(other)
    hasty.dispose()
    written(database, a_no_from_a_former_address)
    with reading(database) as connection:
        assert suppression.of(connection, [FORMER]) == {FORMER: {"tips": "unsubscribed"}}


def together(*works: Callable[[], None]) -> list[BaseException]:
    """Do things at the same time; returns what went wrong."""
    wrong: list[BaseException] = []

    def do(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (the test tells what it is)
            wrong.append(error)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong


class Crossing:
    """Locks two addresses, one after the other, once another has locked the second of them."""

    def __init__(self, engine: sa.Engine, met: threading.Barrier, order: tuple[str, str]) -> None:
        self._engine, self._met, self._order, self.tried = engine, met, order, 0

    def lock(self, connection: sa.Connection) -> None:
        """Lock both; only the first time it waits for the other in between."""
        first, second = self._order
        recipients.lock(connection, [first])
        self.tried += 1
        if self.tried == 1:
            self._met.wait(timeout=30)
        recipients.lock(connection, [second])

    def once(self) -> None:
        """Try no second time."""
        with writing(self._engine) as connection:
            self.lock(connection)

    def surely(self) -> None:
        """Do it again where the database undid it."""
        written(self._engine, self.lock)


def crossing(engine: sa.Engine) -> tuple[Crossing, Crossing]:
    """Return two that wait for each other, where a database has more than one writer."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer, who waits for nobody")
    with writing(engine) as connection:
        recipients.lock(connection, [FIRST, SECOND])
    met = threading.Barrier(2)
    return Crossing(engine, met, (FIRST, SECOND)), Crossing(engine, met, (SECOND, FIRST))


def test_of_two_that_wait_for_each_other_one_is_told_so(database: sa.Engine) -> None:
    """In a sentence, and as what may simply be done again."""
    one, other = crossing(database)
    (error,) = together(one.once, other.once)
    assert isinstance(error, CollisionError)
    assert "another program was in its way; try again" in str(error)


def test_what_was_undone_is_done_again(database: sa.Engine) -> None:
    """Both end well, one of them at the second attempt."""
    one, other = crossing(database)
    assert together(one.surely, other.surely) == []
    assert one.tried + other.tried == 3


def test_a_click_is_not_lost_to_somebody_who_locks_in_another_order(database: sa.Engine) -> None:
    """The click is answered well, and its no is there."""
    crossing(database)
    add_customer(database)
    app = App(settings=a_runtime().settings, database=database, clock=a_clock())
    holder = Holder(customer_id="ana", address_hash=FORMER, topic="tips")
    click = threading.Event()

    def against(connection: sa.Connection) -> None:
        recipients.lock(connection, [SECOND])
        click.set()
        while not click_waits(database):
            rest(0.01)
        recipients.lock(connection, [FIRST])

    def clicks() -> None:
        click.wait(timeout=30)
        leave(app, holder, source="one-click", wording="One-Click")

    assert together(partial(written, database, against), clicks) == []
    with reading(database) as connection:
        assert suppression.of(connection, [FORMER]) == {FORMER: {"tips": "unsubscribed"}}


def click_waits(database: sa.Engine) -> bool:
    """Say whether somebody waits for a lock."""
    with reading(database) as connection:
        return bool(connection.exec_driver_sql(WAITING).scalar())
