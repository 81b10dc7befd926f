"""Whatever workers and providers do: in no span of a cap does more leave than it says."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pacing import DAY, happened, rules_of, running
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, queue
from sqlmodel import SQLModel

from engine.db import writing
from engine.outbox import Outgoing, reap
from engine.providers import Outcome

RUNTIME = running(
    "all marketing: {at most: [2 per day, 5 per 7 days]}\n"
    "tips: {kind: marketing, at most: [1 per 6 hours, 3 per 3 days], quiet hours: 20:00 to 08:00}\n"
    "sure: {kind: transactional, at most: 2 per day, on_doubt: resend}\n"
)
CAPS = {
    ("tip",): [(1, 6 * HOUR), (3, 3 * DAY)],
    ("tip", "urgent"): [(2, DAY), (5, 7 * DAY)],
    ("sure",): [(2, DAY)],
}
OUTCOMES = [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.NOT_SENT, Outcome.REFUSED, None]
STEPS = st.tuples(
    st.sampled_from([timedelta(minutes=1), HOUR, 5 * HOUR, 13 * HOUR, 2 * DAY]),
    st.lists(st.sampled_from(["tip", "urgent", "sure"]), max_size=4),
    st.sampled_from(["w1", "w2", "w3"]),
    st.integers(1, 3),
    st.sampled_from(OUTCOMES),
)


class Life:
    """What left, by send id, with the rule and the instant of the last attempt, where the mail may have arrived."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.now = engine, NOW
        self.open: list[Outgoing] = []
        self.arrived: dict[str, tuple[str, datetime]] = {}

    def step(self, wait: timedelta, rules: list[str], worker: str, room: int, outcome: Outcome | None) -> None:
        """Let time pass and something happen, and a worker claim what it may and hear some answer, or none."""
        self.now += wait
        for rule in rules:
            happened(self.engine, rule, self.now)
        queue(self.engine, runtime=RUNTIME, now=self.now)
        reap(self.engine, a_claimer(RUNTIME), now=self.now)
        left = claim(self.engine, a_claimer(RUNTIME, worker=worker), room=room, now=self.now)
        for each, rule in zip(left, rules_of(self.engine, left), strict=True):
            self.arrived[each.send_id] = (rule, self.now)
        if outcome:
            answer(self.engine, left, outcome, now=self.now, runtime=RUNTIME, wait=HOUR)
        if outcome in {Outcome.NOT_SENT, Outcome.REFUSED}:
            for each in left:
                del self.arrived[each.send_id]

    def most(self, rules: tuple[str, ...], span: timedelta) -> int:
        """Return the most mails of some rules that may have arrived in any span of a length."""
        times = sorted(at for rule, at in self.arrived.values() if rule in rules)
        return max((sum(first <= at < first + span for at in times) for first in times), default=0)


def test_no_span_holds_more_than_its_cap(database: sa.Engine) -> None:
    """With three workers, lost answers, second attempts and quiet hours, every window keeps to every cap."""
    lite = database.dialect.name == "sqlite"

    @settings(
        max_examples=30 if lite else 10,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(STEPS, min_size=5, max_size=20))
    def lives(steps: list[tuple[timedelta, list[str], str, int, Outcome | None]]) -> None:
        with writing(database) as connection:
            for table in (each for each in reversed(SQLModel.metadata.sorted_tables) if each.name != "installation"):
                connection.execute(sa.delete(table))
        add_customer(database)
        life = Life(database)
        for step in steps:
            life.step(*step)
            for rules, caps in CAPS.items():
                assert all(life.most(rules, span) <= at_most for at_most, span in caps)
            assert not any(rule == "tip" and not 8 <= at.hour < 20 for rule, at in life.arrived.values())

    lives()
