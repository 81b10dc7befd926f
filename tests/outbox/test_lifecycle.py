"""The life of messages under any sequence of events, beside a model small enough to be seen to be right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sending import NOW, a_claimer, add_customer, answer, claim, enroll, messages, queue
from sqlmodel import SQLModel

from engine import outbox, suppression
from engine.db import writing
from engine.hashing import address_hash
from engine.models.tables import customer
from engine.outbox import FINAL, TRANSITIONS, Outgoing, Status
from engine.outbox.states import Move, enter, move
from engine.providers import Envelope, Outcome

PEOPLE = ("ana", "bob", "eva")
WORKERS = ("w1", "w2")
SURE = "sure"
RULES = ("welcome", SURE, "tip")
OUTCOMES = [outcome for outcome in Outcome if outcome is not Outcome.OUR_FAULT]
AFTER = {
    Outcome.ACCEPTED: Status.SENT,
    Outcome.NOT_SENT: Status.QUEUED,
    Outcome.REFUSED: Status.FAILED,
    Outcome.SLOW_DOWN: Status.QUEUED,
    Outcome.UNKNOWN: Status.IN_DOUBT,
}
MAY_HAVE_IT = {Outcome.ACCEPTED, Outcome.UNKNOWN}
KNOWN_NOT_SENT = {Outcome.NOT_SENT, Outcome.SLOW_DOWN}


class Outbox(RuleBasedStateMachine):
    """Messages of three people and two rules, two workers, and a provider that answers as it likes."""

    engine: sa.Engine

    @initialize()
    def start(self) -> None:
        """Begin with three people who are to get a mail of each rule."""
        with writing(self.engine) as connection:
            for table in (each for each in reversed(SQLModel.metadata.sorted_tables) if each.name != "installation"):
                connection.execute(sa.delete(table))
        self.now: datetime = NOW
        self.events = 0
        self.suppressed: set[str] = set()
        self.moves = 0
        self.open: list[Outgoing] = []
        self.first_sent: dict[str, Envelope] = {}
        self.may_have_it: Counter[str] = Counter()
        self.before: dict[str, Status] = {}
        self.heard: dict[str, Status] = {}
        for person in PEOPLE:
            add_customer(self.engine, person)
            for name in RULES:
                self.something_is_due(person, name)

    @rule(person=st.sampled_from(PEOPLE), name=st.sampled_from(RULES))
    def something_is_due(self, person: str, name: str) -> None:
        """An enrollment is written and put into the outbox."""
        self.events += 1
        later = self.now - timedelta(minutes=5)
        row = {"id": f"e{self.events}", "customer_id": person, "name": "Signed Up", "at": later, "received_at": later}
        with writing(self.engine) as connection:
            connection.execute(sa.insert(SQLModel.metadata.tables["event"]).values(**row))
        enroll(self.engine, person, name, fact=f"e{self.events}", due_at=later, moment_at=later, decided_at=self.now)
        queue(self.engine, now=self.now)

    @rule(worker=st.sampled_from(WORKERS), room=st.integers(1, 3))
    def a_worker_claims(self, worker: str, room: int) -> None:
        """Requests start for what was claimed, and only for what may leave."""
        claimed = claim(self.engine, a_claimer(worker=worker), room=room, now=self.now)
        assert len(claimed) <= room
        for each in claimed:
            assert each.address_hash not in self.suppressed, "a suppressed address is not written to"
            assert address_hash(each.envelope.recipient.address, "test") == each.address_hash
            most = 1 if each.topic == SURE else 0
            assert self.may_have_it[each.send_id] <= most, "what may have been sent is not sent again"
            assert self.first_sent.setdefault(each.send_id, each.envelope) == each.envelope, "byte for byte"
        self.open += claimed

    @precondition(lambda self: self.open)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), wait=st.sampled_from([0, 60]))
    def the_provider_answers(self, data: st.DataObject, outcome: Outcome, wait: int) -> None:
        """The answer leads where the table says, unless its attempt is no longer the message's."""
        self.answered(data.draw(st.sampled_from(self.open)), outcome, wait)

    @rule(worker=st.sampled_from(WORKERS), outcome=st.sampled_from([*OUTCOMES, Outcome.UNKNOWN, Outcome.NOT_SENT]))
    def a_whole_round(self, worker: str, outcome: Outcome) -> None:
        """A worker claims and the provider answers at once, so that there are many second attempts."""
        already = list(self.open)
        self.a_worker_claims(worker, 3)
        self.every_step_is_one_that_is_drawn()
        for each in [each for each in self.open if each not in already]:
            self.answered(each, outcome, 0)

    def answered(self, each: Outgoing, outcome: Outcome, wait: int) -> None:
        """Settle one open request and compare with the model."""
        self.open.remove(each)
        row = self.row(each.send_id)
        self.settle(each, outcome, wait)
        expected = Status.IN_DOUBT if outcome is Outcome.REFUSED and each.doubts else AFTER[outcome]
        resent = outcome is Outcome.UNKNOWN and each.topic == SURE and each.doubts == 0
        about_to_repeat = row["attempt"] == each.attempt and row["status"] == Status.QUEUED
        if about_to_repeat and outcome is Outcome.ACCEPTED:
            expected = Status.SENT
        elif row["attempt"] != each.attempt or row["status"] not in {Status.SENDING, Status.IN_DOUBT}:
            expected = Status(row["status"])
        elif resent and row["status"] == Status.SENDING:
            expected = Status.QUEUED
        elif outcome is Outcome.UNKNOWN:
            expected = Status.IN_DOUBT if not resent else Status(self.row(each.send_id)["status"])
        assert self.row(each.send_id)["status"] == expected
        if row["attempt"] == each.attempt:
            self.may_have_it[each.send_id] += row["status"] == Status.SENDING and outcome in MAY_HAVE_IT
            self.may_have_it[each.send_id] -= row["status"] == Status.IN_DOUBT and outcome in KNOWN_NOT_SENT

    def settle(self, each: Outgoing, outcome: Outcome, wait: int = 0) -> None:
        """Write an answer."""
        answer(self.engine, [each], outcome, now=self.now, wait=timedelta(seconds=wait))

    @rule(seconds=st.sampled_from([1, 30, 61, 3600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        """What silent workers had under way is in doubt; what is too late ends."""
        before = {row["send_id"]: row for row in messages(self.engine)}
        self.now += timedelta(seconds=seconds)
        outbox.reap(self.engine, a_claimer(), now=self.now)
        for row in messages(self.engine):
            if before[row["send_id"]]["status"] == Status.SENDING and row["status"] != Status.SENDING:
                self.may_have_it[row["send_id"]] += 1
                doubt = {Status.IN_DOUBT, Status.QUEUED}
                known = self.heard.get(row["send_id"])
                assert row["status"] in ({known} if known else doubt), "what may have been sent is said to be so"
            late = row["expires_at"] <= self.now and row["not_before"] <= self.now
            assert not (late and row["status"] == Status.QUEUED), "nothing waits past its time"

    @rule(person=st.sampled_from(PEOPLE))
    def someone_says_no(self, person: str) -> None:
        """From here on no request to that address starts."""
        address = self.address(person)
        suppression.add(self.engine, address, secret="test", reason="asked", now=self.now)
        self.suppressed.add(address_hash(address, "test"))

    @rule(person=st.sampled_from(PEOPLE))
    def someone_says_yes_again(self, person: str) -> None:
        """Mail that is still to come may leave."""
        address = self.address(person)
        suppression.remove(self.engine, address, secret="test", now=self.now)
        self.suppressed.discard(address_hash(address, "test"))

    @rule(person=st.sampled_from(PEOPLE), address=st.booleans())
    def facts_change(self, person: str, *, address: bool) -> None:
        """A name or an address becomes another."""
        self.moves += 1
        changed = {"email": f"{person}{self.moves}@example.com"} if address else {"first_name": f"Name {self.moves}"}
        with writing(self.engine) as connection:
            connection.execute(sa.update(customer).where(customer.c.id == person).values(**changed))

    @invariant()
    def every_step_is_one_that_is_drawn(self) -> None:
        """Between two moments a message stays or takes a step of the table; what is final stays."""
        if not hasattr(self, "before"):
            return
        now = {str(row["send_id"]): Status(row["status"]) for row in messages(self.engine)}
        for send_id, status in now.items():
            was = self.before.get(send_id, status)
            assert was is status or (was, status) in TRANSITIONS
            assert not (was in FINAL and was is not status)
            never = {Status.SKIPPED, Status.EXPIRED, Status.CANCELLED}
            assert not (status in never and self.may_have_it[send_id]), "what may have been sent is not told as unsent"
        self.before = now

    def row(self, send_id: str) -> dict[str, Any]:
        """Return one message."""
        return next(row for row in messages(self.engine) if row["send_id"] == send_id)

    def address(self, person: str) -> str:
        """Return a person's address now."""
        with self.engine.begin() as connection:
            return str(connection.scalar(sa.select(customer.c.email).where(customer.c.id == person)))


def drive(machine: type[Outbox], database: sa.Engine) -> None:
    """Walk many sequences of a machine's steps over a database."""
    lite = database.dialect.name == "sqlite"
    if lite:
        with database.connect() as connection:
            connection.connection.execute("PRAGMA synchronous=OFF")  # no crash is tested here, only steps
    machine = type("OutboxOfThisDatabase", (machine,), {"engine": database})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25 if lite else 10, stateful_step_count=40, deadline=None, suppress_health_check=checks
        ),
    )


def test_any_sequence_of_events(database: sa.Engine) -> None:
    """No sequence of claims, answers, silences, refusals and changes breaks a promise."""
    drive(Outbox, database)


def test_the_table_of_states_is_closed() -> None:
    """From every state that is not final something leads on, and nothing leaves a final one."""
    assert {was for was, _ in TRANSITIONS} == set(Status) - FINAL
    assert {to for _, to in TRANSITIONS} | {Status.QUEUED} == set(Status)


def _invented(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        move(connection, [Move(send_id="x", was=Status.SENT, to=Status.QUEUED, attempt=1)], now=NOW)


def _born_sent(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        enter(connection, [{"send_id": "x", "status": Status.SENT}])


@pytest.mark.parametrize("attempt", [_invented, _born_sent])
def test_no_other_step_can_be_written(database: sa.Engine, attempt: Callable[[sa.Engine], None]) -> None:
    """The one writer refuses a step that is not in the table."""
    with pytest.raises(ValueError, match="message"):
        attempt(database)
