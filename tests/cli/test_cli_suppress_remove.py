"""Whoever lifts a suppression is told what still keeps mail back, and which topic may have been meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine import consent
from engine.clock import SystemClock
from engine.consent import ALL_MARKETING
from engine.db import writing
from engine.hashing import address_hash
from engine.models.tables import customer

NOW = SystemClock().now()
TIPS = ("--topic", "tips")
SAID = "(the customer c1 said no, and only their own yes changes that)"
AGAIN, STILL = "ana@x.test may get mail", "ana@x.test is not suppressed"


@pytest.fixture
def ana(lifecycle: Lifecycle, database: sa.Engine, starter: Path) -> Lifecycle:
    """A workspace with one customer."""
    del starter
    with writing(database) as connection:
        row = {"id": "c1", "email": "ana@x.test", "email_key": "ana@x.test", "created_at": NOW, "changed_at": NOW}
        connection.execute(sa.insert(customer).values(row))
    return lifecycle


def no_to(database: sa.Engine, topic: str) -> None:
    """Let the customer unsubscribe."""
    secret = os.environ["LIFECYCLE_SECRET"]
    hashed = address_hash("ana@x.test", secret)
    told = {"customer_id": "c1", "source": "page", "wording": None, "secret": secret, "now": NOW}
    with writing(database) as connection:
        consent.say(connection, address_hash=hashed, topic=topic, state="no", **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("no", "scope", "expected"),
    [
        (None, TIPS, f"{AGAIN} of the topic tips again."),
        (None, (), f"{AGAIN} again."),
        ("tips", TIPS, f"{STILL} of the topic tips any more, but still gets no mail of the topic tips {SAID}."),
        ("tips", (), f"{STILL} any more, but still gets no mail of the topic tips {SAID}."),
        (
            ALL_MARKETING,
            TIPS,
            f"{STILL} of the topic tips any more, but still gets no marketing (unsubscribed); no mail",
        ),
        (ALL_MARKETING, (), f"{STILL} any more, but still gets no marketing {SAID}."),
    ],
)
def test_what_a_customer_said_is_told(
    ana: Lifecycle, database: sa.Engine, no: str | None, scope: tuple[str, ...], expected: str
) -> None:
    """An operator lifts what an operator set, and is no customer who says yes."""
    if no:
        no_to(database, no)
    ana.ok("suppress", "add", "c1", "--reason", "asked", *scope)
    assert ana.ok("suppress", "remove", "c1", *scope).err.startswith(expected)


def test_other_suppressions_are_told(ana: Lifecycle) -> None:
    """Freed for a topic, and stopped for all mail."""
    ana.ok("suppress", "add", "c1", *TIPS)
    ana.ok("suppress", "add", "c1", "--reason", "asked by phone")
    freed = f"{STILL} of the topic tips any more, but still gets no mail at all (asked by phone).\n"
    assert ana.ok("suppress", "remove", "c1", *TIPS).err == freed
    assert ana.ok("suppress", "remove", "c1").err == f"{AGAIN} again.\n"


def test_a_misspelt_topic_is_put_right(ana: Lifecycle) -> None:
    """Where nothing was suppressed under that name, the live topics are asked."""
    ana.ok("suppress", "add", "c1", *TIPS)
    assert "did you mean `tips`?" in ana.refused("suppress", "remove", "c1", "--topic", "tipps", code=2)
    ana.ok("suppress", "remove", "c1", *TIPS)
    assert "`lifecycle suppress list` shows" in ana.refused("suppress", "remove", "c1", *TIPS, code=2)
