"""A lane stops when we are at fault, tries again by itself, and never against an operator's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import NOW, a_claimer, add_customer, answer, claim, enroll, queue, statuses

from engine import outbox
from engine.db import reading, writing
from engine.models.tables import audit
from engine.outbox.lanes import ALL, Lane, start, stop
from engine.providers import Outcome

MINUTE = timedelta(minutes=1)
WORDS = "401 unauthorized"


def people(engine: sa.Engine, count: int = 3) -> None:
    """Queue a mail to each of some people."""
    for number in range(count):
        add_customer(engine, f"c{number}")
        enroll(engine, f"c{number}")
    queue(engine)


def the_lane(engine: sa.Engine) -> Lane:
    """Return the one lane that is stopped or in trouble."""
    with reading(engine) as connection:
        (found,) = outbox.lanes(connection)
    return found


def refuse_key(engine: sa.Engine, minutes: int = 0) -> None:
    """Let the next request be told that our key is wrong."""
    leaving = claim(engine, room=1, now=NOW + minutes * MINUTE)
    assert len(leaving) == 1
    answer(engine, leaving, Outcome.OUR_FAULT, words=f"{WORDS} {minutes}", now=NOW + minutes * MINUTE)


def test_a_stopped_lane_is_tried_with_one_message(database: sa.Engine) -> None:
    """After five minutes one request starts, whatever the room; when it is accepted, all goes on."""
    people(database)
    refuse_key(database)
    assert claim(database, now=NOW + 4 * MINUTE) == ()
    (trial,) = claim(database, now=NOW + 5 * MINUTE)
    assert trial.trial
    assert claim(database, a_claimer(worker="w2"), now=NOW + 5 * MINUTE) == (), "one worker tries it, not each"
    answer(database, [trial], Outcome.ACCEPTED, now=NOW + 5 * MINUTE, trial=True)
    assert len(claim(database, now=NOW + 5 * MINUTE)) == 2
    with reading(database) as connection:
        assert outbox.lanes(connection) == ()
        row = connection.execute(sa.select(audit)).one()
    assert (row.actor, row.action, row.detail) == ("engine", "resume", {"lanes": ["memory"]})


def test_the_waits_double_to_an_hour(database: sa.Engine) -> None:
    """A key that stays wrong burns nobody and is asked ever more rarely; the newest words are kept."""
    people(database)
    tried, minutes = [0], 0
    refuse_key(database)
    while len(tried) < 8:
        minutes += 1
        if claimed := claim(database, now=NOW + minutes * MINUTE):
            tried.append(minutes)
            answer(database, claimed, Outcome.OUR_FAULT, words=f"{WORDS} {minutes}", now=NOW + minutes * MINUTE)
    assert tried == [0, 5, 10, 20, 40, 80, 140, 200]
    assert the_lane(database).reason == f"{WORDS} 200"
    assert the_lane(database).stopped_at == NOW
    assert statuses(database) == {"queued": 3}


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.REFUSED, Outcome.UNKNOWN])
def test_only_an_accepted_mail_starts_a_lane(database: sa.Engine, outcome: Outcome) -> None:
    """Any other answer leaves it stopped until the next trial."""
    people(database)
    refuse_key(database)
    answer(database, claim(database, now=NOW + 5 * MINUTE), outcome, now=NOW + 5 * MINUTE, trial=True)
    assert claim(database, now=NOW + 9 * MINUTE) == ()
    assert len(claim(database, now=NOW + 10 * MINUTE)) == 1


def test_a_trial_that_finds_nothing_is_left_for_the_next(database: sa.Engine) -> None:
    """With nothing due no trial is used up."""
    people(database, 1)
    refuse_key(database)
    before = the_lane(database)
    assert outbox.claim(database, a_claimer(), (), room=1, now=NOW + 6 * MINUTE).outgoing == ()
    assert the_lane(database) == before


def test_an_operators_pause_never_ends_by_itself(database: sa.Engine) -> None:
    """Neither after hours, nor by a trial of the provider's lane."""
    people(database)
    refuse_key(database)
    with writing(database) as connection:
        stop(connection, ALL, reason="paused by an operator", by="ana", now=NOW)
    assert claim(database, now=NOW + 600 * MINUTE) == ()


def test_a_late_fault_does_not_shorten_a_stop(database: sa.Engine) -> None:
    """A lane that waits for somebody does so, also when a request still under way is told that our key is wrong."""
    people(database)
    leaving = claim(database)
    with writing(database) as connection:
        stop(connection, "memory", reason="mind the database", by="engine", now=NOW)
    answer(database, leaving, Outcome.OUR_FAULT, words=WORDS)
    assert (the_lane(database).reason, the_lane(database).retry_at) == ("mind the database", None)


@pytest.mark.parametrize(("names", "goes_on"), [(None, ("all", "memory")), (["memory"], ("memory",)), (["smtp"], ())])
def test_somebody_lets_lanes_go_on(database: sa.Engine, names: list[str] | None, goes_on: tuple[str, ...]) -> None:
    """All of them, or one; what was not stopped is not told as started."""
    people(database)
    refuse_key(database)
    with writing(database) as connection:
        stop(connection, ALL, reason="paused by an operator", by="ana", now=NOW)
        assert start(connection, names, by="ana", now=NOW) == goes_on
        assert len(list(connection.execute(sa.select(audit)))) == bool(goes_on)
