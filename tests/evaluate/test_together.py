"""Many at once, again, late, and backwards: nothing is decided twice and nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import sqlalchemy as sa
from evaluate.staging import FREE, Stage, at, fact, rule

from engine import evaluate
from engine.clock import from_micros, to_micros
from engine.db import connect, writing
from engine.intake import Kind
from engine.models.tables import customer
from engine.rules.compiler import compile_rule
from engine.rules.model import EventTrigger, SilentTrigger

CANCEL = EventTrigger(event="Cancelled")


def test_two_daemons_decide_every_moment_once(stage: Stage, database_url: str) -> None:
    """Each with connections of its own, ticking at the same times as fast as they can."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, 2), replace(rule(SilentTrigger(), 1), name="silent"))
    for number in range(40):
        stage.event("2026-03-01 10:00", "Cancelled", id_=f"c{number:02}")
    start = threading.Barrier(2)

    def daemon(_number: int) -> int:
        engine = connect(database_url)
        enrolled = 0
        for minute in range(20):
            now = at(f"2026-03-02 09:{50 + minute}" if minute < 10 else f"2026-03-02 10:{minute - 10:02}")
            start.wait()
            report = evaluate.run_once(engine, stage.programs, release_id=1, now=now, limits=FREE)
            enrolled += report.enrolled
        engine.dispose()
        return enrolled

    with ThreadPoolExecutor(2) as pool:
        counted = sum(pool.map(daemon, range(2)))
    assert stage.states == ["enrolled"] * 80
    assert counted == 80


def test_a_daemon_of_an_older_release_does_nothing(stage: Stage) -> None:
    """And says that a newer one is live; so does one whose release is not live yet."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    old = dict(stage.programs)
    stage.live("2026-03-01 09:00", rule(CANCEL, 2))
    stage.event("2026-03-01 10:00", "Cancelled")
    report = evaluate.run_once(stage.engine, old, release_id=1, now=at("2026-03-02 10:00"), limits=FREE)
    assert (report.superseded, report.rules[0].did) == (True, evaluate.Did.OTHER_RELEASE)
    stage.tick("2026-03-03 10:00")
    assert stage.rows("due_at") == [at("2026-03-03 10:00")]


def test_a_clock_that_goes_back_makes_a_full_pass_and_repeats_nothing(stage: Stage) -> None:
    """What was learned under the clock that was ahead is judged under the one that is right."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.tick("2026-03-02 12:00")
    stage.event("2026-03-02 09:00", "Cancelled", "2026-03-01 09:30", id_="bob")
    report = stage.tick("2026-03-02 09:30")
    assert report.rules[0].did is evaluate.Did.FULL
    stage.ticks("2026-03-02 09:30", "2026-03-03 00:00")
    assert sorted(stage.rows("subject_id")) == ["ana", "bob"]


def test_a_daemon_whose_clock_is_seconds_behind_waits(stage: Stage) -> None:
    """It makes no full pass, and leaves the watermark where the other one put it."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    stage.tick("2026-03-02 10:00:20")
    assert stage.tick("2026-03-02 10:00:00").rules[0].did is evaluate.Did.AHEAD
    with writing(stage.engine) as connection:
        assert from_micros(evaluate.read(connection)["tried"].watermark) == at("2026-03-02 10:00:20")


def test_the_nightly_net_counts_what_ticks_have_missed(stage: Stage) -> None:
    """Here because somebody changed a row by hand without its stamp; on its own the count is 0."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=[fact("customer.first_name", "is", "Ana")]))
    stage.event("2026-03-01 02:00", "Cancelled")
    stage.tick("2026-03-02 02:01")
    with writing(stage.engine) as connection:
        connection.execute(sa.update(customer).values(first_name="Ana", first_name_key="ana"))
    assert stage.tick("2026-03-02 02:45").enrolled == 0
    report = stage.tick("2026-03-02 03:00", evaluate.Limits())
    assert (report.rules[0].missed, report.rules[0].enrolled) == (1, 1)
    again = stage.tick("2026-03-03 03:00", evaluate.Limits())
    assert again.rules[0].missed == 0
    with writing(stage.engine) as connection:
        assert evaluate.read(connection)["tried"].full_pass_at == to_micros(at("2026-03-03 03:00"))


def test_a_pass_that_is_cut_off_goes_on_where_it_was(stage: Stage) -> None:
    """The past of a backfill is judged once, also when the daemon dies between two of its transactions."""
    heard = ({"customer_id": f"c{n:03}", "name": "Cancelled", "at": "2026-02-01T10:00Z"} for n in range(600))
    stage.hear("2026-02-01 10:00", Kind.EVENTS, *heard)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, backfill="all"))

    written = 0

    @sa.event.listens_for(stage.engine, "commit")
    def die(_connection: sa.Connection) -> None:
        nonlocal written
        written += 1
        if written == 8:
            raise KeyboardInterrupt

    try:
        stage.tick("2026-03-01 00:01")
    except KeyboardInterrupt:
        sa.event.remove(stage.engine, "commit", die)
    some = len(stage.rows())
    stage.tick("2026-03-01 00:02")
    assert 0 < some < 600
    assert stage.states == ["enrolled"] * 600


def test_a_daemon_with_another_time_zone_than_was_applied_does_nothing(stage: Stage) -> None:
    """Its rules mean another thing; it says so, and `apply` makes that live."""
    stage.live("2026-03-01 00:00", rule(CANCEL, 1))
    elsewhere = {"tried": compile_rule(stage.programs["tried"].rule, zone="Asia/Kolkata")}
    report = evaluate.run_once(stage.engine, elsewhere, release_id=1, now=at("2026-03-02 10:00"), limits=FREE)
    assert report.rules[0].did is evaluate.Did.OTHER_MEANING
