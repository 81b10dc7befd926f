"""Suppression: no stays no, whoever asks and however the address is written."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sending import NOW, add_customer, claim, enroll, queue

from engine import recipients, suppression
from engine.db import connect, reading, writing
from engine.hashing import address_hash
from engine.models.tables import audit

SECRET = "test"


def add(engine: sa.Engine, address: str, scope: str = "*") -> bool:
    """Suppress an address."""
    return suppression.add(engine, address, secret=SECRET, reason="asked", now=NOW, scope=scope, actor="eva")


def test_added_listed_removed(database: sa.Engine) -> None:
    """An address is suppressed once, listed, and free again; each change is audited."""
    assert add(database, "Ana@Example.com")
    assert not add(database, " ana@example.COM")
    (found,) = suppression.list_all(database)
    assert (found.address, found.scope, found.reason, found.at) == ("Ana@Example.com", "*", "asked", NOW)
    assert suppression.remove(database, "ana@example.com", secret=SECRET, now=NOW + timedelta(seconds=1), actor="eva")
    assert not suppression.remove(database, "ana@example.com", secret=SECRET, now=NOW)
    assert suppression.list_all(database) == ()
    with reading(database) as connection:
        rows = connection.execute(sa.select(audit.c.actor, audit.c.action).order_by(audit.c.at)).all()
    assert [tuple(row) for row in rows] == [("eva", "suppress"), ("eva", "unsuppress")]


SPELLINGS = {
    "case": ("ana@example.com", "Ana@EXAMPLE.com"),
    "a domain as it goes over the wire": ("ana@bücher.example", "ana@xn--bcher-kva.example"),
    "a domain of wide letters": ("ana@example.com", "ana@\uff45xample.com"),
    "letters composed and decomposed": ("ana@b\u00fccher.example", "ana@bu\u0308cher.example"),
}


@pytest.mark.parametrize(("one", "other"), SPELLINGS.values(), ids=SPELLINGS)
def test_all_spellings_of_a_mailbox_are_one(one: str, other: str) -> None:
    """However an address is written, a no to it is about the same mailbox."""
    assert address_hash(one, SECRET) == address_hash(other, SECRET)


def test_domains_that_only_look_alike_are_two() -> None:
    """Mail to a domain with a sharp s goes elsewhere than mail to the one with two s."""
    assert address_hash("bob@straße.example", SECRET) != address_hash("bob@strasse.example", SECRET)


@pytest.mark.parametrize("before", sorted(suppression.LIFTED_AGAIN))
@pytest.mark.parametrize("at_once", [False, True], ids=["one", "many"])
def test_a_lasting_no_takes_the_place_of_one_that_can_be_lifted(
    database: sa.Engine, before: str, *, at_once: bool
) -> None:
    """An operator's or an import's no stays where a yes or a late delivery lifts what was there before it."""
    key = address_hash("ana@example.com", SECRET)
    row: dict[str, Any] = {"address_hash": key, "address": None, "scope": "*", "reason": "asked", "at": NOW}
    with writing(database) as connection:
        recipients.lock(connection, [key])
        assert suppression.put(connection, row | {"source": before}, actor="eva")
        if at_once:
            many = [suppression.Suppressed(**row, source="import")]
            assert suppression.put_all(connection, many, actor="eva", now=NOW) == 1
        else:
            assert suppression.put(connection, row | {"source": "operator"}, actor="eva")
        assert not suppression.put(connection, row | {"source": before}, actor="eva")
        assert not suppression.lift(connection, key, "*", actor="eva", now=NOW, source=before)
        assert suppression.of(connection, [key]) == {key: {"*": "asked"}}


def test_topics_and_all_are_separate(database: sa.Engine) -> None:
    """A no to a topic and a no to all stand beside each other."""
    for scope in ("tips", "*"):
        assert add(database, "ana@example.com", scope)
    key = address_hash("ana@example.com", SECRET)
    with reading(database) as connection:
        assert suppression.of(connection, [key]) == {key: {"tips": "asked", "*": "asked"}}
        assert suppression.of(connection, ["other"]) == {}


def test_the_newest_comes_first(database: sa.Engine) -> None:
    """The list begins with what was suppressed last."""
    for minutes, address in enumerate(("a@example.com", "b@example.com")):
        at = NOW + timedelta(minutes=minutes)
        suppression.add(database, address, secret=SECRET, reason="asked", now=at)
    assert [each.address for each in suppression.list_all(database)] == ["b@example.com", "a@example.com"]


def test_a_no_waits_for_whoever_holds_the_recipient(database: sa.Engine, database_url: str) -> None:
    """While a claim holds the recipient's row, a suppression of it waits; it commits after the claim, never within."""
    key = address_hash("ana@example.com", SECRET)
    other = connect(database_url)
    order: list[str] = []
    ready = threading.Event()

    def suppress() -> None:
        ready.set()
        add(other, "ana@example.com")
        order.append("suppressed")

    thread = threading.Thread(target=suppress)
    with writing(database) as connection:
        recipients.lock(connection, [key])
        thread.start()
        assert ready.wait(10)
        thread.join(0.3)
        order.append("claimed")
    thread.join(30)
    other.dispose()
    assert order == ["claimed", "suppressed"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_claim_does_not_wait_for_a_recipient_somebody_holds(database: sa.Engine) -> None:
    """On PostgreSQL what another worker holds is left to it; on SQLite there is one writer at a time."""
    with writing(database) as connection:
        recipients.ensure(connection, ["a", "b"])
    with writing(database) as first, writing(database) as second:
        assert recipients.lock_free(first, ["a"]) == {"a"}
        assert recipients.lock_free(second, ["a", "b"]) == {"b"}


def test_a_no_holds_whatever_isolation_the_server_is_set_to(database: sa.Engine, database_url: str) -> None:
    """It commits after the claim has begun to read and before it locks the address: the claim sees it all the same."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    add_customer(database)
    enroll(database)
    queue(database)
    strict = {"options": "-c default_transaction_isolation=serializable"}
    engine = connect(sa.make_url(database_url).update_query_dict(strict).render_as_string(hide_password=False))
    said: list[bool] = []

    def say_no(_connection: sa.Connection, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM lane" in statement and not said:
            said.append(suppression.add(database, "ana@example.com", secret="test", reason="asked", now=NOW))

    sa.event.listen(engine, "after_cursor_execute", say_no)
    leaving = claim(engine)
    engine.dispose()
    assert (said, leaving) == ([True], ())
