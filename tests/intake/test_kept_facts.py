"""The facts kept from events are those of the log, whatever the order of arrival and the split into batches."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import START, Contents, Importer

from engine.intake import Kind

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = "customer_id,at,name\n"
MOMENTS = st.integers(0, 30).map(lambda tick: BEGAN + tick * timedelta(hours=9))
EVENTS = st.tuples(st.sampled_from("ab"), MOMENTS, st.sampled_from(["x", "y"]))
FILES = st.lists(st.lists(EVENTS, min_size=1, max_size=6), min_size=1, max_size=4)

Log = list[tuple[str, datetime, str]]


def log(contents: Contents) -> Log:
    """The events as the log has them."""
    return [(row["customer_id"], row["at"], row["name"]) for row in contents["event"]]


def naive(events: Log) -> dict[str, Any]:
    """The kept facts, computed from the log alone."""
    by_name, by_customer = defaultdict(list), defaultdict(set)
    for who, at, name in events:
        by_name[who, name].append(at)
        by_customer[who].add(at)
    gaps = [(who, *pair) for who, ats in by_customer.items() for pair in pairwise(sorted(ats))]
    return {
        "totals": {key: (min(ats), max(ats), len(ats)) for key, ats in by_name.items()},
        "daily": dict(Counter((who, at.date(), name) for who, at, name in events)),
        "absences": {(who, start, end) for who, start, end in gaps if end - start >= timedelta(days=1)},
        "seen": {who: max(ats) for who, ats in by_customer.items()},
    }


def kept(contents: Contents) -> dict[str, Any]:
    """The kept facts as the tables have them, without stamps."""
    totals = {(r["customer_id"], r["name"]): (r["first_at"], r["last_at"], r["count"]) for r in contents["event_total"]}
    return {
        "totals": totals,
        "daily": {(r["customer_id"], r["day"], r["name"]): r["count"] for r in contents["event_daily"]},
        "absences": {(r["customer_id"], r["from_at"], r["until_at"]) for r in contents["absence"]},
        "seen": {r["id"]: r["last_seen_at"] for r in contents["customer"]},
    }


def imported(importer: Importer, events: Log, batch: int) -> None:
    """Import events as one file, in batches."""
    importer(Kind.EVENTS, HEADER + "".join(f"{who},{at.isoformat()},{name}\n" for who, at, name in events), batch=batch)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, batch=st.integers(1, 4))
def test_kept_facts_are_those_of_the_log(importer: Importer, files: list[Log], batch: int) -> None:
    """Files in any order, their events in any order and batches of any size keep what the log says."""
    importer.clear()
    importer.clock.at = START
    for events in files:
        imported(importer, events, batch)
        contents = importer.contents()
        assert kept(contents) == naive(log(contents))


def stamps(importer: Importer, query: str) -> list[datetime]:
    """The stamps of one row."""
    with importer.database.connect() as connection:
        (row,) = connection.exec_driver_sql(query).all()
    return [datetime.fromtimestamp(micros / 1e6, UTC) for micros in row]


def test_each_part_of_a_total_has_the_stamp_of_its_own_change(importer: Importer) -> None:
    """An event in between changes the count alone, one before all the first, one after all the last."""
    learned = []
    for day in ("05", "09", "07", "01"):
        imported(importer, [("a", datetime.fromisoformat(f"2026-03-{day}T00:00:00Z"), "x")], 1)
        learned.append(importer.clock.at)
    found = stamps(importer, "SELECT first_changed_at, last_changed_at, changed_at FROM event_total")
    assert found == [learned[3], learned[1], learned[3]]


def test_an_untouched_absence_keeps_its_stamp(importer: Importer) -> None:
    """A late event renews the stamps of the absences it made, and of no other."""
    days = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 5, 9)]
    imported(importer, [("a", day, "x") for day in days], 9)
    first = importer.clock.at
    imported(importer, [("a", datetime(2026, 3, 7, tzinfo=UTC), "y")], 1)
    found = {row["from_at"].day: row["changed_at"] for row in importer.contents()["absence"]}
    assert found == {1: first, 5: importer.clock.at, 7: importer.clock.at}


def test_only_a_later_event_changes_when_a_customer_was_seen(importer: Importer) -> None:
    """A late event leaves the stamp of `last_seen_at` as it was."""
    imported(importer, [("a", datetime(2026, 3, 9, tzinfo=UTC), "x")], 1)
    first = importer.clock.at
    imported(importer, [("a", datetime(2026, 3, 2, tzinfo=UTC), "x")], 1)
    assert stamps(importer, "SELECT seen_changed_at FROM customer") == [first]


def test_events_of_1970_are_events(importer: Importer) -> None:
    """An instant that is 0 microseconds is as good as any."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for at in (epoch, epoch + timedelta(days=2), epoch + timedelta(days=1), epoch):
        imported(importer, [("a", at, "x")], 1)
    contents = importer.contents()
    assert kept(contents) == naive(log(contents))
    assert len(contents["event"]) == 3
