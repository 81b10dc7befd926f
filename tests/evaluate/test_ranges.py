"""A pass over everybody goes by ranges of ids: what it finds is what lists of the same people give."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from evaluate.staging import Stage, at, fact, rule

from engine.clock import span, to_micros
from engine.db import reading
from engine.evaluate.everybody import key_ranges, ranges_of
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    Group,
    OnTrigger,
    SilentTrigger,
    Trigger,
)
from engine.rules.sql.candidates import UP_TO, Whose, these
from engine.rules.sql.windows import Window

PEOPLE = ["", "ana", "bob", "c-1", "c-10", "c-9", "Zoë", "été"]
NOON = at("2026-03-02 12:00")
SCORED = fact("customer.score", "above", 3)
TRIGGERS: dict[str, Trigger] = {
    "event": EventTrigger(event="Cancelled"),
    "first": EventTrigger(event="Cancelled", first=True),
    "silent": SilentTrigger(event="Cancelled"),
    "silent of all": SilentTrigger(),
    "back": BackTrigger(after=timedelta(days=30)),
    "date": DateTrigger(fact=fact("customer.signed_up_at", "exists").fact),
    "day": DateTrigger(fact=fact("customer.trial_ends_on", "exists").fact),
    "year": EveryTrigger(period="year", since=fact("customer.trial_ends_on", "exists").fact),
    "on": OnTrigger(when=date(2026, 3, 1)),
    "becomes": BecomesTrigger(conditions=Group(kind="all", parts=(SCORED,))),
}


@pytest.fixture
def crowd(stage: Stage) -> Stage:
    """People for whom every trigger has a moment."""
    for number, who in enumerate(PEOPLE[1:]):
        facts = {"signed_up_at": f"2026-02-{20 + number}", "trial_ends_on": f"2025-02-{20 + number}"}
        stage.customer("2025-12-01 09:00", who, **facts)
        stage.event("2026-01-02 10:00", "Logged In", id_=who)
        stage.event(f"2026-02-2{number} 10:00", "Cancelled", id_=who)
    return stage


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_ranges_hold_everybody_once(crowd: Stage, size: int) -> None:
    """However many there are to a range, and in the order of ids."""
    with reading(crowd.engine) as connection:
        ends = [whose[UP_TO] for whose in ranges_of(connection, "customer", size=size)]
    people = sorted(PEOPLE[1:])
    assert ends == [people[min(first + size, len(people)) - 1] for first in range(0, len(people), size)]
    assert [whose[UP_TO] for whose in key_ranges(crowd.engine, "customer")] == [people[-1]]
    assert list(key_ranges(crowd.engine, "account")) == []


@pytest.mark.parametrize("conditions", [(), (SCORED, DidTest(event="Logged In"))], ids=["all", "some"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_range_gives_what_a_list_gives(crowd: Stage, trigger: str, conditions: tuple[Condition, ...]) -> None:
    """The same moments in the same state, range by range, of every trigger."""
    crowd.live("2026-03-01 00:00", rule(TRIGGERS[trigger], 0, 1, conditions=conditions))
    crowd.tick("2026-03-01 01:00")
    for who in PEOPLE[2::2]:
        crowd.customer("2026-03-01 02:00", who, score=4)
    crowd.tick("2026-03-01 02:01")
    listed = _states(crowd, [these(PEOPLE)])
    with reading(crowd.engine) as connection:
        ranges = list(ranges_of(connection, "customer", size=2))
    assert sorted(_states(crowd, ranges), key=str) == sorted(listed, key=str)
    assert listed


def _states(stage: Stage, batches: list[Whose]) -> list[tuple[object, ...]]:
    """Return every moment of the last years as `explain` tells of it, and as a pass would decide it."""
    program, now = stage.programs["tried"], to_micros(NOON)
    window = Window(now=now, after=(now - span(timedelta(days=800)),) * 2, until=(now, now), late=program.late)
    given = program.window_parameters(window, zones=("UTC",), stands_for={})
    found: list[tuple[object, ...]] = []
    with reading(stage.engine) as connection:
        for whose in batches:
            found += map(tuple, program.run("outlook", connection, {**given, **whose}))
            for send in program.send_parameters(window, zones=("UTC",)):
                found += map(tuple, program.run("states", connection, {**given, **send, **whose}))
    return found
