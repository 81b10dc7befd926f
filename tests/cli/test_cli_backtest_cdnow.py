"""Real input: who fell silent for 60 days among CDNOW's customers, by a backtest and by counting days in the file."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from careless import careless
from commands import Lifecycle
from evaluate.staging import at

from engine.clock import SetClock
from engine.db import connect
from engine.intake import ImportOptions, Kind, import_file

DATA = Path(__file__).resolve().parents[3] / "shared/data/cdnow/purchases.csv"
FIRST, LAST = date(1997, 1, 1), date(1998, 6, 30)
RULE = "topic: tips\nwhen: {silent: purchased}\nsend: {after 60 days: miss-you}\n"
Episode = tuple[str, str]
"""A customer and the day on which they had been silent for 60 days."""


def silences_by_hand() -> set[Episode]:
    """Return the silences of 60 days: each purchase day with none on the sixty days that follow, if that was over."""
    days: dict[str, set[date]] = defaultdict(set)
    with DATA.open(newline="") as file:
        for row in csv.DictReader(file):
            days[row["customer_id"]].add(date.fromisoformat(row["date"]))
    found = set()
    for customer, bought in days.items():
        for day in bought:
            following = {day + timedelta(days=number) for number in range(1, 61)}
            if not following & bought and day + timedelta(days=60) <= LAST:
                found.add((customer, str(day + timedelta(days=60))))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the CDNOW purchases are not on this machine")
def test_a_backtest_finds_exactly_the_silences_of_the_file(
    workspace: Path, database_url: str, lifecycle: Lifecycle
) -> None:
    """Every episode on its day, none more, by the command a marketer calls, over eighteen months day by day."""
    database = careless(connect(database_url))
    options = ImportOptions(mapping={"date": "at", "customer_id": "customer_id"}, event_name="purchased")
    import_file(database, Kind.EVENTS, DATA, clock=SetClock(at("2026-01-01")), options=options)
    database.dispose()
    (workspace / "rules" / "topics.yaml").write_text("tips: marketing\n")
    (workspace / "rules" / "miss-you.yaml").write_text(RULE)
    found = lifecycle.ok("backtest", "--from", str(FIRST), "--until", str(LAST), "--json").json
    (rule,) = found["rules"]
    episodes = [(one["subject_id"], day["day"]) for day in rule["days"] for one in day["listed"]]
    expected = silences_by_hand()
    assert len(expected) == 36_633
    assert set(episodes) == expected
    assert len(episodes) == rule["enrolled"] == len(expected)
    assert (found["approximate"], rule["overtaken"], rule["expired"]) == (False, 0, 0)
