"""docs/semantics.md cannot lie: each row of its table of due times is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from evaluate.staging import FACTS, Stage, at, rule

from engine.rules.language.offsets import Moment, parse_moment
from engine.rules.model import (
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    OnTrigger,
    ScheduleTrigger,
    SilentTrigger,
    Trigger,
)
from engine.rules.slots import read_cron

PAGE = Path(__file__).resolve().parents[2] / "docs/semantics.md"
DAY = FACTS["account.subscribed_on"]
EVERYBODYS = ("schedule", "on")
TRIGGERS: dict[str, Trigger] = {
    "date": DateTrigger(fact=FACTS["customer.trial_ends_on"]),
    "every year": EveryTrigger(period="year", since=DAY),
    "every month": EveryTrigger(period="month", since=DAY),
    "instant": DateTrigger(fact=FACTS["customer.demo_at"]),
    "event": EventTrigger(event="Cancelled"),
    "silent": SilentTrigger(),
}


def examples() -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row: when, send, fact, zone, at, due."""
    for line in PAGE.read_text().splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if cells[0] in {*TRIGGERS, *EVERYBODYS} and len(cells) == 7:
            yield cells[:6]


def trigger(when: str, fact: str, zone: str) -> Trigger:
    """Return the trigger of an example."""
    if when == "schedule":
        return ScheduleTrigger(cron=read_cron(fact), zone=zone)
    if when == "on":
        return OnTrigger(when=at(fact) if ":" in fact else date.fromisoformat(fact))
    return TRIGGERS[when]


def tell(stage: Stage, when: str, fact: str, zone: str) -> None:
    """Let the fact of an example be heard of, early where it lies ahead."""
    if when in EVERYBODYS:
        stage.customer("2026-01-31 00:00", time_zone=zone if when == "on" else "Asia/Kolkata")
    elif when in {"event", "silent"}:
        stage.event(fact, "Cancelled")
    elif when.startswith("every"):
        stage.account("2026-01-31 00:00", "acme", "ana", subscribed_on=fact, time_zone=zone)
    else:
        name = "trial_ends_on" if when == "date" else "demo_at"
        stage.customer("2026-01-31 00:00", time_zone=zone, **{name: fact})


def test_there_are_examples_of_every_trigger() -> None:
    """So that none of them is left out of the page."""
    assert {row[0] for row in examples()} == {*TRIGGERS, *EVERYBODYS}


@pytest.mark.parametrize(("when", "send", "fact", "zone", "hour", "due"), list(examples()))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_falls_due_when_the_page_says(
    stage: Stage, when: str, send: str, fact: str, *, zone: str, hour: str, due: str
) -> None:
    """A second before nothing is decided; at that second it is."""
    moment = parse_moment(send)
    assert isinstance(moment, Moment)
    tried = rule(trigger(when, fact, zone), at=time.fromisoformat(hour))
    stage.live("2026-01-31 01:00", replace(tried, sends=(replace(tried.sends[0], offset=moment.offset),)))
    tell(stage, when, fact, zone)
    stage.tick((at(due) - timedelta(seconds=1)).isoformat())
    before = set(stage.rows("occurrence"))
    stage.tick(due)
    found = stage.rows("due_at", "occurrence", "state")
    assert [(one, state) for one, key, state in found if key not in before] == [(at(due), "enrolled")]
