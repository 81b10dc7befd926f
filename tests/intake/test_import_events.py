"""Events: each is stored once, however often, in whatever order and split it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from importing import STAMPS, START, Importer, shuffled, without

from engine.intake import Kind, Step

EVENTS = """customer_id,at,name,amount,plan
00001,2026-01-01,Purchased,12.00,Pro
00001,2026-01-01,Purchased,12.00,Pro
00002,2026-01-05T10:00:00Z,Purchased,7.5,
00001,2026-01-09 08:30,Logged In,,
00002,2026-01-02,Purchased,7.5,pro
00001,2026-01-01,Purchased,12.00,Pro
00003,2026-01-03,Purchased,1,Basic
"""


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_importing_twice_and_in_another_order_changes_nothing(importer: Importer, batch: int) -> None:
    """Not one row of any table differs after the same lines came again, and again in another order."""
    first = importer(Kind.EVENTS, EVENTS, batch=batch)
    before = importer.contents()
    again = importer(Kind.EVENTS, EVENTS, batch=3)
    mixed = [importer(Kind.EVENTS, shuffled(EVENTS, seed), batch=batch) for seed in range(3)]
    assert (first.read, first.changed, first.rejected) == (7, 7, 0)
    assert [report.changed for report in (again, *mixed)] == [0, 0, 0, 0]
    assert importer.contents() == before


def test_rows_equal_in_every_column_are_all_stored(importer: Importer) -> None:
    """Three equal rows are three events, in one batch or in several."""
    importer(Kind.EVENTS, EVENTS, batch=1)
    query = "SELECT count FROM event_total WHERE customer_id = '00001' AND name = 'Purchased'"
    assert importer.column(query) == [3]
    assert importer.column("SELECT count(*) FROM event") == [7]


def test_the_order_of_columns_does_not_matter(importer: Importer) -> None:
    """The same events with their columns in another order are known."""
    importer(Kind.EVENTS, EVENTS)
    rows = [line.split(",") for line in EVENTS.splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows)
    assert importer(Kind.EVENTS, turned).changed == 0


def test_csv_and_jsonl_tell_the_same_events(importer: Importer) -> None:
    """What was imported as CSV is known when it comes as JSONL."""
    importer(Kind.EVENTS, EVENTS)
    lines = [
        {"customer_id": "00001", "at": "2026-01-09T08:30:00Z", "name": "Logged In"},
        {"plan": "pro", "amount": 7.5, "name": "Purchased", "customer_id": "00002", "at": "2026-01-02"},
        {"customer_id": "00003", "at": "2026-01-03", "name": "Purchased", "amount": 1.0, "plan": "Basic"},
    ]
    again = importer(Kind.EVENTS, "\n".join(map(json.dumps, lines)), name="rows.jsonl")
    assert (again.read, again.changed) == (3, 0)


def test_files_that_overlap_share_their_equal_rows(importer: Importer) -> None:
    """Two exports that overlap count equal rows once: as often as the one that has more of them."""
    header, *rows = EVENTS.splitlines()
    importer(Kind.EVENTS, "\n".join([header, *rows[:4]]))
    second = importer(Kind.EVENTS, "\n".join([header, *rows[1:]]))
    assert second.changed == 2
    assert importer.column("SELECT count FROM event_total WHERE customer_id = '00001' AND name = 'Purchased'") == [2]


def test_an_id_of_its_own_makes_an_event_one(importer: Importer) -> None:
    """Rows with one id are one event of their customer, the first stays; another customer's is another."""
    text = "customer_id,at,name,id\na,2026-01-01,x,1\na,2026-01-02,x,1\nb,2026-01-01,x,1\n"
    report = importer(Kind.EVENTS, text)
    assert (report.accepted, report.changed, report.unchanged) == (3, 2, 1)
    assert importer(Kind.EVENTS, text).changed == 0
    assert importer.column("SELECT count FROM event_total ORDER BY customer_id") == [1, 1]


def test_a_time_in_the_future_counts_as_the_time_of_arrival(importer: Importer) -> None:
    """A clock that goes ahead makes no future, and the same row is known when it comes again."""
    text = "customer_id,at,name\na,2031-01-01,x\n"
    importer(Kind.EVENTS, text)
    arrived = [row["at"] for row in importer.contents()["event"]]
    assert arrived == [importer.clock.at]
    assert importer(Kind.EVENTS, text).changed == 0


def test_customers_that_only_events_know_are_created(importer: Importer) -> None:
    """They have an id and the time they were seen, and nothing else."""
    importer(Kind.EVENTS, EVENTS)
    found = {row["id"]: (row["last_seen_at"], row["email"]) for row in importer.contents()["customer"]}
    assert found == {
        "00001": (datetime(2026, 1, 9, 8, 30, tzinfo=UTC), None),
        "00002": (datetime(2026, 1, 5, 10, tzinfo=UTC), None),
        "00003": (datetime(2026, 1, 3, tzinfo=UTC), None),
    }


def test_a_name_for_the_whole_file_leaves_a_column_name_to_the_properties(importer: Importer) -> None:
    """With --name, a column `name` is a property like any other."""
    text = "user,when,name\n7,1997-01-01,Vinyl\n"
    importer(Kind.EVENTS, text, event_name="purchased", mapping={"user": "customer_id", "when": "at"})
    (row,) = importer.contents()["event"]
    assert (row["name"], row["properties"], row["keys"]) == ("purchased", {"name": "Vinyl"}, {"name": "vinyl"})
    assert row["at"] == datetime(1997, 1, 1, tzinfo=UTC)


def test_times_without_an_offset_are_times_of_the_zone(importer: Importer) -> None:
    """Bare times are the zone's, also at its changes of the clock; those with an offset are what they say."""
    times = ["2026-01-05 10:00", "2026-07-05", "2026-07-05T00:00:00Z", "2026-03-29 02:30", "2026-10-25 02:30"]
    text = "customer_id,at,name\n" + "".join(f"{n},{at},x\n" for n, at in enumerate(times))
    importer.clock.at = datetime(2027, 1, 1, tzinfo=UTC)
    importer(Kind.EVENTS, text, time_zone="Europe/Stockholm")
    found = {row["customer_id"]: row["at"].strftime("%m-%d %H:%M") for row in importer.contents()["event"]}
    assert list(found.values()) == ["01-05 09:00", "07-04 22:00", "07-05 00:00", "03-29 01:30", "10-25 00:30"]


def test_an_interrupted_import_is_completed_by_the_next(importer: Importer) -> None:
    """Ctrl-C leaves whole batches in; importing again ends where an undisturbed import would have."""

    def interrupt(step: Step) -> None:
        if step.bytes_done > len(EVENTS) / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importer(Kind.EVENTS, EVENTS, batch=2, progress=interrupt)
    assert importer.column("SELECT count(*) FROM event") == [4]
    assert importer(Kind.EVENTS, EVENTS, batch=2).changed == 3
    resumed = without(importer.contents(), STAMPS)
    importer.clear()
    importer(Kind.EVENTS, EVENTS)
    assert without(importer.contents(), STAMPS) == resumed


def test_a_stamp_is_never_before_a_watermark(importer: Importer) -> None:
    """Where a tick has been ahead of this machine's clock, what is learned now is stamped after that tick."""
    ahead = datetime(2026, 6, 30, tzinfo=UTC)
    with importer.database.begin() as connection:
        from engine.models.tables import rule_state

        rule = {"rule": "r", "release_id": 1, "fingerprint": "", "trigger_fingerprint": "", "activated": {}}
        connection.execute(rule_state.insert(), [rule | {"full_pass": False, "watermark": ahead}])
    importer(Kind.EVENTS, EVENTS)
    assert importer.clock.at < ahead
    assert {row["changed_at"] for row in importer.contents()["event_total"]} == {ahead}


def test_progress_tells_rows_and_bytes(lite: Importer) -> None:
    """The last step has read everything."""
    steps: list[Step] = []
    lite(Kind.EVENTS, EVENTS, batch=2, progress=steps.append)
    assert [round(step.bytes_done / len(EVENTS) * 7) for step in steps] == [2, 4, 6, 7]
    assert steps[-1] == Step(rows=7, bytes_done=len(EVENTS), bytes_total=len(EVENTS))


def test_progress_of_customers_is_half_reading_and_half_storing(lite: Importer) -> None:
    """What is set down first is half done when it has been read."""
    steps: list[Step] = []
    text = "id\n1\n2\n3\n4\n"
    lite(Kind.CUSTOMERS, text, batch=2, progress=steps.append)
    assert [step.bytes_done for step in steps[-3:]] == [len(text) // 2, round(len(text) * 0.75), len(text)]


def test_a_pipe_is_recognised_by_its_first_byte(lite: Importer) -> None:
    """JSONL begins with a brace, anything else is CSV."""
    lite.clock.at = START
    one = b'{"customer_id": "a", "at": "2026-01-01", "name": "x"}'
    lines = one + b"\n\n" + one.replace(b'"a"', b'"b"')
    assert lite.pipe(Kind.EVENTS, lines).changed == 2
    assert lite.pipe(Kind.EVENTS, b"\xef\xbb\xbfcustomer_id;at;name\na;2026-01-01;x\n").changed == 0
