"""The events of a message come in any order, any number of times and in any batches, and mean the same."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sending import NOW
from telling import SECOND, a_doubtful_message, hear

from engine.db import reading
from engine.models import tables
from engine.testing.sendgrid_events import an_event

NO, YES = ("unsubscribe", "group_unsubscribe"), ("group_resubscribe",)
GLOBAL = ("spamreport", "bounce")
KINDS = ("processed", "deferred", "delivered", "blocked", "open", "click", *GLOBAL, *NO, *YES)
OFTEN = (*KINDS, "click", "click", "delivered", "delivered", *NO, *YES)
"""What order matters for comes more often than the rest."""
_readers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing that became of a message, and how many seconds after it was sent."""

    kind: str
    after: int

    def event(self, send_id: str, number: int) -> dict[str, Any]:
        """Return it as SendGrid tells it; each click is one of a link of its own."""
        event = an_event(self.kind, send_id, at=NOW + SECOND * self.after, number=number)
        return event | ({"url": f"https://acme.test/{number}"} if self.kind == "click" else {})


stories = st.lists(st.builds(Told, kind=st.sampled_from(OFTEN), after=st.integers(0, 20)), min_size=1, max_size=7)


def suppressed(story: Sequence[Told]) -> set[str]:
    """Return the scopes that such a story suppresses, read in the order of time: the model."""
    scopes = {"*" for told in story if told.kind in GLOBAL}
    words = sorted((told.after, told.kind in NO) for told in story if told.kind in (*NO, *YES))
    return scopes | ({"tips"} if words and words[-1][1] else set())


def by_machine(story: Sequence[Told]) -> int:
    """Return how many clicks of such a story are a program's: the model."""
    clicks = [(number, told.after) for number, told in enumerate(story) if told.kind == "click"]
    found: set[int] = set()
    for delivered in (told.after for told in story if told.kind == "delivered"):
        soon = {number for number, after in clicks if delivered <= after <= delivered + 10}
        found |= soon if len(soon) > 1 else set()
    return len(found)


@pytest.mark.parametrize("most", [1, 3, 400])
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories, data=st.data())
def test_a_story_means_the_same_however_it_is_told(
    database: sa.Engine, most: int, story: list[Told], data: st.DataObject
) -> None:
    """Shuffled, repeated and cut into batches, it leaves the same facts, suppressions and status."""
    reader = f"p{next(_readers)}"
    send_id = a_doubtful_message(database, reader)
    events = [told.event(send_id, number) for number, told in enumerate(story)]
    again = data.draw(st.lists(st.sampled_from(events), max_size=5))
    order = data.draw(st.permutations([*events, *again]))
    for start in range(0, len(order), most):
        hear(database, *order[start : start + most])
    with reading(database) as connection:
        row = connection.execute(sa.select(tables.message).where(tables.message.c.send_id == send_id)).one()
        key = sa.select(tables.suppression.c.scope).where(tables.suppression.c.address_hash == row.address_hash)
        scopes = set(connection.scalars(key))
        facts = connection.execute(sa.select(tables.feedback).where(tables.feedback.c.send_id == send_id)).all()
    assert scopes == suppressed(story)
    assert len(facts) == len({event["sg_event_id"] for event in events})
    assert sum(fact.machine for fact in facts) == by_machine(story)
    assert row.status == "sent"


def test_two_words_in_any_of_their_orders(database: sa.Engine) -> None:
    """Every order of no, yes, no, yes ends as they were said."""
    story = [Told(kind=kind, after=after) for after, kind in enumerate([NO[0], YES[0], NO[1], YES[0]])]
    for end in range(1, len(story) + 1):
        for order in itertools.permutations(list(enumerate(story))[:end]):
            send_id = a_doubtful_message(database, f"p{next(_readers)}")
            for number, told in order:
                hear(database, told.event(send_id, number))
            with reading(database) as connection:
                hashed = sa.select(tables.message.c.address_hash).where(tables.message.c.send_id == send_id)
                chosen = tables.suppression.c.address_hash == hashed.scalar_subquery()
                scopes = set(connection.scalars(sa.select(tables.suppression.c.scope).where(chosen)))
            assert scopes == suppressed(story[:end]), order
