"""The line of what is ready: whoever is more urgent is not kept waiting by those who came before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from dispatch.dispatched import fill
from sending import NOW, a_clock, a_runtime, add_customer, enroll, queue

from engine import dispatch
from engine.dispatch.line import Line
from engine.outbox import Candidate, Claimed, Prepared
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider


@pytest.mark.parametrize(
    ("waiting", "coming", "order"),
    [
        ("a1 b1", "c9", "c9 a1 b1"),
        ("a9 b1", "c5 d1", "a9 c5 b1 d1"),
        ("a1 b1", "c1", "a1 b1 c1"),
        ("", "a2 b1", "a2 b1"),
    ],
)
def test_the_more_urgent_stand_in_front(waiting: str, coming: str, order: str) -> None:
    """Of those who are as urgent, whoever came first."""
    line = Line()
    for names in (waiting, coming):
        line.stand(Prepared(candidates=tuple(a_candidate(name) for name in names.split())))
    assert " ".join(each.send_id for each in line.next(9)) == order


def test_who_becomes_due_while_others_are_looked_for_is_looked_for_again() -> None:
    """A mail that a claim gave back to be rendered anew is not forgotten because nobody else was found meanwhile."""
    line = Line(waiting=[a_candidate("a1")])
    assert line.look() == {"a1"}
    line.went(line.next(1), Claimed(discarded=1))
    line.stand(Prepared())
    assert line.runs_short(1)
    line.look()
    line.stand(Prepared())
    assert not line.runs_short(1)


def a_candidate(name: str) -> Candidate:
    """Return one whose last letter says how urgent it is."""
    return Candidate(send_id=name, address_hash=name, priority=int(name[-1]))


class Enrolling(MemoryProvider):
    """While it carries the first mail, a more urgent one becomes due."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(paced=True)
        self._engine = engine

    async def send(self, envelope: Envelope) -> Answer:
        """Take it."""
        if not self.seen:
            add_customer(self._engine, "urgent")
            enroll(self._engine, "urgent", rule="sure")
            queue(self._engine)
        return await super().send(envelope)


def test_an_urgent_mail_does_not_wait_for_what_was_prepared_before(database: sa.Engine) -> None:
    """One that becomes due while many stand in line for their turn by the rate goes before them."""
    fill(database, 110, rule="tip")
    provider = Enrolling(database)
    dispatch.run_once(database, a_runtime(connections=1, rate=40.0), provider, clock=a_clock(NOW))
    carried = [each.topic for each in provider.sent]
    assert len(carried) == 111
    assert carried.index("sure") < 90
