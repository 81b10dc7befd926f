"""Caps: nobody gets more than was said, the rest waits its turn, and the most urgent goes first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from pacing import DAY, happened, leave, running, told
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, messages, queue, statuses

from engine import outbox
from engine.db import writing
from engine.models.tables import customer, message_content
from engine.providers import Outcome
from engine.rules.compiler import Program
from engine.rules.question import recheck

ONE_A_DAY = running("tips: {kind: marketing, at most: 1 per day}\n")
BOTH = running("all marketing: {at most: 1 per day}\n")
THREE_A_MONTH = running("tips: {kind: marketing, at most: 3 per 30 days}\n")


def test_the_second_waits_until_the_first_is_out_of_the_span(database: sa.Engine) -> None:
    """Of two that are due together one leaves; the other is told until when it waits and why, and leaves then."""
    add_customer(database)
    for _ in range(2):
        happened(database, "tip", NOW)
    assert leave(database, ONE_A_DAY, NOW) == ["tip"]
    waiting, _sent = sorted(told(database), key=lambda each: each[0])
    assert waiting == ("queued", NOW + DAY, "cap of tips reached (1 per day)")
    assert leave(database, ONE_A_DAY, NOW + DAY - timedelta(microseconds=1)) == []
    assert leave(database, ONE_A_DAY, NOW + DAY) == ["tip"]
    assert [status for status, _, _ in told(database)] == ["sent", "sent"]


def test_other_addresses_and_other_topics_have_their_own_count(database: sa.Engine) -> None:
    """A cap of a topic holds for one address and that topic alone."""
    for person in ("ana", "bob"):
        add_customer(database, person)
        happened(database, "tip", NOW, person=person)
    happened(database, "urgent", NOW)
    happened(database, "welcome", NOW)
    assert sorted(leave(database, ONE_A_DAY, NOW)) == ["tip", "tip", "urgent", "welcome"]


def test_customers_with_one_address_share_its_count(database: sa.Engine) -> None:
    """The reader is who has the address, however many customers write it, in whatever letters."""
    add_customer(database, "ana", email="team@example.com")
    add_customer(database, "bob", email="TEAM@example.com")
    for person in ("ana", "bob"):
        happened(database, "tip", NOW, person=person)
    assert leave(database, ONE_A_DAY, NOW) == ["tip"]
    assert statuses(database) == {"sent": 1, "queued": 1}


def test_all_marketing_topics_share_a_count_and_needed_mail_passes_it(database: sa.Engine) -> None:
    """The most urgent marketing mail takes the place; transactional mail neither waits nor counts."""
    add_customer(database)
    for rule in ("tip", "welcome", "urgent"):
        happened(database, rule, NOW)
    assert leave(database, BOTH, NOW) == ["welcome", "urgent"]
    assert told(database) == [("queued", NOW + DAY, "cap of all marketing reached (1 per day)")]
    happened(database, "welcome", NOW + HOUR)
    assert leave(database, BOTH, NOW + HOUR) == ["welcome"]


def test_whoever_waits_is_judged_again_by_priority(database: sa.Engine) -> None:
    """A more urgent mail that came later takes the place that a waiting one hoped for."""
    add_customer(database)
    for _ in range(2):
        happened(database, "tip", NOW)
    leave(database, BOTH, NOW)
    happened(database, "urgent", NOW + DAY)
    assert leave(database, BOTH, NOW + DAY) == ["urgent"]
    assert ("queued", NOW + 2 * DAY, "cap of all marketing reached (1 per day)") in told(database)


def test_what_is_too_late_when_its_turn_comes_ends_with_the_cap_as_reason(database: sa.Engine) -> None:
    """Three days are enough to wait for tomorrow, and not for the month after."""
    add_customer(database)
    for day in range(4):
        happened(database, "tip", NOW + day * DAY)
        leave(database, THREE_A_MONTH, NOW + day * DAY)
    statuses_of = [(status, reason) for status, _, reason in told(database)]
    assert statuses_of == [("sent", None)] * 3 + [("expired", "cap of tips reached (3 per 30 days)")]
    happened(database, "tip", NOW + 28 * DAY)
    assert leave(database, THREE_A_MONTH, NOW + 28 * DAY) == []
    assert told(database)[-1][:2] == ("queued", NOW + 30 * DAY)
    assert leave(database, THREE_A_MONTH, NOW + 30 * DAY) == ["tip"]


def test_a_more_urgent_mail_that_is_prepared_during_a_claim_keeps_its_place(database: sa.Engine) -> None:
    """Whether a claim sees it without content, with it, or first so and then so: nothing less urgent goes before it."""
    add_customer(database)
    happened(database, "tip", NOW)
    queue(database, runtime=BOTH)
    ready = outbox.prepare(database, a_claimer(BOTH), now=NOW).candidates
    happened(database, "urgent", NOW)
    queue(database, runtime=BOTH)

    def ask(
        connection: sa.Connection, program: Program, items: Collection[tuple[str, str]], now: datetime
    ) -> Mapping[tuple[str, str], str | None]:
        if database.dialect.name != "sqlite":  # which has one writer
            outbox.prepare(database, a_claimer(BOTH), now=NOW)
        return recheck(connection, program, items, now)

    claimed = outbox.claim(database, replace(a_claimer(BOTH), ask=ask), ready, room=10, now=NOW)
    assert claimed.outgoing == ()
    assert claimed.held == {each.send_id for each in ready}


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Outcome.ACCEPTED, True),
        (Outcome.UNKNOWN, True),
        (None, True),
        (Outcome.REFUSED, False),
        (Outcome.NOT_SENT, False),
    ],
)
def test_what_counts_is_what_may_have_arrived(database: sa.Engine, outcome: Outcome | None, *, counts: bool) -> None:
    """Sent, in doubt and under way count; refused and known not to have been sent do not."""
    add_customer(database)
    happened(database, "tip", NOW)
    queue(database, runtime=ONE_A_DAY)
    first = claim(database, a_claimer(ONE_A_DAY))
    if outcome:
        answer(database, first, outcome, runtime=ONE_A_DAY, wait=HOUR)
    happened(database, "tip", NOW)
    assert leave(database, ONE_A_DAY, NOW) == ([] if counts else ["tip"])


def test_the_span_is_counted_from_the_last_attempt(database: sa.Engine) -> None:
    """A mail that was not sent at first and left six hours later counts from then."""
    add_customer(database)
    happened(database, "tip", NOW)
    leave(database, ONE_A_DAY, NOW, outcome=Outcome.NOT_SENT)
    assert leave(database, ONE_A_DAY, NOW + 6 * HOUR) == ["tip"]
    happened(database, "tip", NOW + 7 * HOUR)
    assert leave(database, ONE_A_DAY, NOW + 7 * HOUR) == []
    assert told(database)[-1][1] == NOW + 30 * HOUR


def test_waiting_mail_is_written_when_it_leaves(database: sa.Engine) -> None:
    """The content of untried mail is thrown away: a month later it would say what was true a month ago."""
    add_customer(database)
    for _ in range(2):
        happened(database, "tip", NOW)
    leave(database, ONE_A_DAY, NOW)
    with writing(database) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(message_content)) == 1
        connection.execute(sa.update(customer).values(first_name="Anna"))
    (left,) = claim(database, a_claimer(ONE_A_DAY), now=NOW + DAY)
    assert left.envelope.subject == "Welcome, Anna"


def test_a_place_is_kept_for_what_is_more_urgent_and_not_yet_written(database: sa.Engine) -> None:
    """Where another worker is still writing the more urgent mail, the less urgent one does not overtake it."""
    add_customer(database)
    happened(database, "tip", NOW)
    queue(database, runtime=BOTH)
    worker = a_claimer(BOTH)
    prepared = outbox.prepare(database, worker, now=NOW)
    happened(database, "urgent", NOW)
    queue(database, runtime=BOTH)
    claimed = outbox.claim(database, worker, prepared.candidates, room=10, now=NOW)
    assert (claimed.outgoing, claimed.held) == ((), frozenset(each.send_id for each in prepared.candidates))
    assert leave(database, BOTH, NOW) == ["urgent"]
    assert told(database)[0][:2] == ("queued", NOW + DAY)


def test_room_is_for_the_most_urgent(database: sa.Engine) -> None:
    """What does not fit into a claim keeps its place; the less urgent one does not wait because of it, nor leave."""
    add_customer(database)
    add_customer(database, "bob")
    happened(database, "welcome", NOW, person="bob")
    for rule in ("urgent", "tip"):
        happened(database, rule, NOW)
    assert leave(database, BOTH, NOW, room=1) == ["welcome"]
    assert [row["not_before"] for row in messages(database) if row["status"] == "queued"] == [NOW, NOW]
    assert leave(database, BOTH, NOW) == ["urgent"]


def test_workers_at_the_same_time_keep_to_a_cap(database: sa.Engine) -> None:
    """Four workers that claim the mails of one address at once let one leave between them."""
    add_customer(database)
    for _ in range(8):
        happened(database, "tip", NOW)
    queue(database, runtime=ONE_A_DAY)
    workers = [a_claimer(ONE_A_DAY, worker=f"w{number}") for number in range(4)]
    candidates = outbox.prepare(database, workers[0], now=NOW).candidates
    together = Barrier(len(workers))

    def work(number: int) -> int:
        together.wait()
        mine = candidates[number::4]
        return len(outbox.claim(database, workers[number], mine, room=10, now=NOW).outgoing)

    with ThreadPoolExecutor(len(workers)) as pool:
        assert sum(pool.map(work, range(4))) == 1
    left = sum(len(claim(database, each)) for each in workers)
    assert left == 0
    assert statuses(database) == {"sending": 1, "queued": 7}
