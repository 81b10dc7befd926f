"""Real input: who has been silent for 60 days among CDNOW's customers on 1998-07-01, found two ways."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from careless import careless
from evaluate.staging import Stage, at, rule

from engine import evaluate
from engine.clock import SetClock
from engine.db import connect
from engine.intake import ImportOptions, Kind, import_file
from engine.rules.model import SilentTrigger

DATA = Path(__file__).resolve().parents[3] / "shared/data/cdnow/purchases.csv"
THEN = date(1998, 7, 1)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the CDNOW purchases are not on this machine")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_silent_of_cdnow_are_those_whose_last_purchase_lies_sixty_days_back(database_url: str) -> None:
    """`silent: purchased`, after 60 days, `backfill: all`, at 1998-07-01: held at first, and exact once approved."""
    stage = Stage(careless(connect(database_url)))
    options = ImportOptions(mapping={"date": "at", "customer_id": "customer_id"}, event_name="purchased")
    import_file(stage.engine, Kind.EVENTS, DATA, clock=SetClock(at("2026-01-01")), options=options)
    stage.live(f"{THEN}", rule(SilentTrigger(event="purchased"), 60, backfill="all"))
    held = stage.tick(f"{THEN}", evaluate.Limits()).held
    evaluate.approve(stage.engine, "tried", at(f"{THEN}"), "a test")
    stage.tick(f"{THEN}", evaluate.Limits())
    expected = silent_by_hand()
    assert set(stage.rows("subject_id", state="enrolled")) == expected
    assert [one.count for one in held] == [len(expected)]
    assert len(expected) > 10_000


def silent_by_hand() -> set[str]:
    """Return who bought for the last time sixty days before that day or earlier, from the file itself."""
    last: dict[str, date] = {}
    with DATA.open(newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            last[row["customer_id"]] = max(day, last.get(row["customer_id"], day))
    return {id_ for id_, day in last.items() if day <= THEN - timedelta(days=60)}
