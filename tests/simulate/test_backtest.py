"""What rules would have done, over histories made by hand, and compared with what they did when it was lived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from backtesting import Moment, moments, tried
from company import everything
from evaluate.staging import Stage, at

from engine.errors import UsageError
from engine.intake import Kind

FROM, UNTIL = "2026-03-01", "2026-03-31T23:59:59.999999"
OF_CARDS = (
    "to: account owner\nwhen: {date: account.card_expires_on}\nif: [account.status: active]\n"
    "send: {7 days before: mail, 1 day before: mail}\n"
)
History = Callable[[Stage], None]
HOUR = timedelta(hours=1)


def silences(stage: Stage) -> None:
    """Ana is away twice; the second time she comes back on the very day it would be ten days."""
    for day in ("02-25", "03-10", "03-20"):
        stage.event(f"2026-{day}", "Logged In")


def late_upload(stage: Stage) -> None:
    """What happened on the 5th was told on the 25th: it counts from the 5th."""
    stage.event("2026-03-01T08:00", "Logged In")
    stage.event("2026-03-25", "Logged In", happened="2026-03-05T08:00")


def signups(stage: Stage) -> None:
    """Bob signs up in the middle of the time, Ana did so before it."""
    stage.event("2026-02-27T10:00", "Signed Up", id_="ana")
    stage.event("2026-03-12T10:00", "Signed Up", id_="bob")
    stage.event("2026-03-13T10:00", "Board Created", id_="bob")
    stage.event("2026-03-14T10:00", "Signed Up", id_="cleo")


def returns(stage: Stage) -> None:
    """Ana comes back after eight days, Bob after five."""
    for id_, day in (("ana", 1), ("ana", 9), ("bob", 1), ("bob", 6)):
        stage.event(f"2026-03-{day:02}T12:00", "Logged In", id_=id_)


def cards(stage: Stage) -> None:
    """Acme gets a new card three weeks before the old one ends, Borg does not and is paused at the end."""
    stage.account("2026-02-01", "acme", "ana", card_expires_on="2026-03", status="active")
    stage.account("2026-02-01", "borg", "bob", card_expires_on="2026-03", status="active")
    stage.account("2026-03-10", "acme", card_expires_on="2029-03")
    stage.account("2026-03-29", "borg", status="paused")


def trials(stage: Stage) -> None:
    """Ana's trial is made longer, Bob's date is taken away, Cleo's stays."""
    for id_ in ("ana", "bob", "cleo"):
        stage.customer("2026-02-20", id_, trial_ends_on="2026-03-10")
    stage.customer("2026-03-05", "ana", trial_ends_on="2026-03-20")
    stage.customer("2026-03-06", "bob", trial_ends_on="\\N")


def anniversaries(stage: Stage) -> None:
    """Accounts of several years and months."""
    for id_, day in (("acme", "2024-03-15"), ("borg", "2025-06-15"), ("new", "2026-03-20")):
        stage.account("2026-02-01", id_, id_ + "-owner", subscribed_on=day)


def movers(stage: Stage) -> None:
    """Ana leaves the active account in time, Bob does not, Cleo joins it late."""
    stage.account("2026-02-01", "acme", "ana", "bob", status="active")
    stage.account("2026-02-01", "idle", "cleo", status="cancelled")
    for id_ in ("ana", "bob", "cleo"):
        stage.event("2026-03-02T10:00", "Asked", id_=id_)
    gone = {"account_id": "acme", "role": "owner", "removed": True}
    stage.hear("2026-03-04", Kind.MEMBERS, {"customer_id": "ana", **gone})
    left = {"customer_id": "cleo", "account_id": "idle", "role": "owner", "removed": True}
    stage.hear("2026-03-09", Kind.MEMBERS, left, {"customer_id": "cleo", "account_id": "acme"})


def payers(stage: Stage) -> None:
    """Acme pays already, Borg begins to the moment the rule goes live, New on the 12th, stops, and begins again."""
    for id_, day in (("acme", "2026-02-01"), ("borg", "2026-03-01"), ("new", "2026-03-12T10:00")):
        stage.account("2026-01-01", id_, f"{id_}-owner", status="trialing")
        stage.account(day, id_, status="active")
    stage.account("2026-03-14T10:00", "new", status="cancelled")
    stage.account("2026-03-16T10:00", "new", status="active")


@pytest.mark.parametrize(
    ("rule", "history", "expected"),
    [
        (
            "when: {becomes: {account.status: active}}\nsend: {at once: mail}\n",
            payers,
            [
                ("2026-03-01", "borg-owner", "enrolled"),
                ("2026-03-13", "new-owner", "enrolled"),
                ("2026-03-17", "new-owner", "enrolled"),
            ],
        ),
        (
            "when: {silent: any event}\nsend: {after 10 days: mail}\n",
            silences,
            [("2026-03-07", "ana", "enrolled"), ("2026-03-30", "ana", "enrolled")],
        ),
        (
            "when: {silent: any event}\nsend: {after 10 days: mail}\n",
            late_upload,
            [("2026-03-15", "ana", "enrolled")],
        ),
        (
            "when: {event: Signed Up}\nsend: {after 2 days: mail}\nif: [did not: Board Created]\n",
            signups,
            [("2026-03-01", "ana", "enrolled"), ("2026-03-16", "cleo", "enrolled")],
        ),
        (
            "when: {event: Signed Up}\nsend: {at once: mail}\n",
            signups,
            [("2026-03-12", "bob", "enrolled"), ("2026-03-14", "cleo", "enrolled")],
        ),
        ("when: {back after: 7 days}\nsend: {at once: mail}\n", returns, [("2026-03-09", "ana", "enrolled")]),
        (
            OF_CARDS,
            cards,
            [("2026-03-24", "borg", "enrolled")],
        ),
        (
            "when: {date: customer.trial_ends_on}\nsend: {3 days before: mail, 1 day before: mail}\n",
            trials,
            [
                ("2026-03-07", "cleo", "enrolled"),
                ("2026-03-09", "cleo", "enrolled"),
                ("2026-03-17", "ana", "enrolled"),
                ("2026-03-19", "ana", "enrolled"),
            ],
        ),
        (
            "to: account owner\nwhen: {every: year, since: account.subscribed_on}\nsend: {on the day: mail}\n",
            anniversaries,
            [("2026-03-15", "acme", "enrolled")],
        ),
        (
            "when: {event: Asked}\nsend: {after 7 days: mail}\nif: [account.status: active]\n",
            movers,
            [("2026-03-09", "bob", "enrolled"), ("2026-03-09", "cleo", "enrolled")],
        ),
    ],
    ids=[
        "becomes",
        "silent",
        "late event",
        "event after",
        "event at once",
        "back",
        "account date",
        "date",
        "every",
        "members",
    ],
)
def test_each_moment_stands_at_its_day(
    database: sa.Engine, rule: str, history: History, expected: list[Moment]
) -> None:
    """By what was so then: facts that changed, people who came and went, what happened although it was told late."""
    history(Stage(database))
    before = everything(database)
    found = tried(database, rule, FROM, UNTIL)
    assert moments(found) == expected
    assert not found.approximate
    assert everything(database) == before


def test_days_are_days_of_the_workspace(database: sa.Engine) -> None:
    """An evening in Europe is a morning in Auckland."""
    Stage(database).event("2026-03-12T20:00", "Signed Up")
    rule = "when: {event: Signed Up}\nsend: {at once: mail}\n"
    assert moments(tried(database, rule, FROM, UNTIL)) == [("2026-03-12", "ana", "enrolled")]
    assert moments(tried(database, rule, FROM, UNTIL, zone="Pacific/Auckland")) == [("2026-03-13", "ana", "enrolled")]


@pytest.mark.parametrize(
    ("start", "until", "count"),
    [
        ("2026-03-07T00:00", "2026-03-07T00:00", 1),
        ("2026-03-07T00:01", "2026-03-08", 0),
        ("2026-03-01", "2026-03-06T23:59:59", 0),
        ("2026-03-01", "2026-03-07", 1),
        ("2026-03-06", "2026-03-06", 0),
    ],
)
def test_both_ends_of_the_time_belong_to_it(database: sa.Engine, start: str, until: str, count: int) -> None:
    """What falls due at the very start or at the very end is in, what lay before the start is left alone."""
    Stage(database).event("2026-02-25", "Logged In")
    found = tried(database, "when: {silent: any event}\nsend: {after 10 days: mail}\n", start, until)
    assert len(moments(found)) == count


@pytest.mark.parametrize("hours", [1, 6, 24, 72])
def test_moments_between_ticks_are_judged_at_the_next(database: sa.Engine, hours: int) -> None:
    """A rule's `open_for` of an hour does not lose them, nor does a date that closes before a long step is over."""
    stage = Stage(database)
    stage.customer("2026-02-20", trial_ends_on="2026-03-10")
    stage.event("2026-03-12T10:20", "Asked")
    rules = {
        "date": "when: {date: customer.trial_ends_on}\nsend: {1 day before: mail}\n",
        "asked": "when: {event: Asked}\nsend: {at once: mail}\n",
        "soon": "when: {event: Asked}\nsend: {at once: mail}\nopen_for: 1 hour\ntoo_late_after: 2 hours\n",
    }
    found = tried(database, rules, FROM, UNTIL, step=hours * HOUR)
    assert {rule: moments(found, rule) for rule in rules} == {
        "date": [("2026-03-09", "ana", "enrolled")],
        "asked": [("2026-03-12", "ana", "enrolled")],
        "soon": [("2026-03-12", "ana", "enrolled")],
    }
    assert found.step <= 2 * HOUR


def test_a_backfill_is_judged_once_at_the_start(database: sa.Engine) -> None:
    """It counts for the first day; without it what lay before is left alone."""
    Stage(database).event("2026-02-20", "Signed Up")
    rule = "when: {event: Signed Up}\nsend: {at once: mail}\n"
    assert moments(tried(database, rule, FROM, UNTIL)) == []
    assert moments(tried(database, f"{rule}backfill: 30 days\n", FROM, UNTIL)) == [("2026-03-01", "ana", "enrolled")]


def test_a_rule_that_would_be_held_is_told_and_counted_all_the_same(database: sa.Engine) -> None:
    """The brake stops it at the same number as in life; the backtest approves it and goes on."""
    stage = Stage(database)
    for number in range(3):
        stage.event("2026-03-05", "Signed Up", id_=f"c{number}")
    found = tried(database, "when: {event: Signed Up}\nsend: {at once: mail}\nmax_at_once: 2\n", FROM, UNTIL)
    assert len(moments(found)) == 3
    assert [(each.at, each.held.count, each.held.limit) for each in found.rules[0].stopped] == [
        (at("2026-03-05"), 3, 2)
    ]


def test_without_a_history_nothing_happens(database: sa.Engine) -> None:
    """An empty database gives a backtest with nothing in it, no error."""
    found = tried(database, "when: {silent: any event}\nsend: {after 10 days: mail}\n", FROM, UNTIL)
    assert (moments(found), found.approximate, found.replayed.events) == ([], False, 0)


@pytest.mark.parametrize(
    ("start", "until", "words"), [(UNTIL, FROM, "lies before --from"), (FROM, "2027-01-01", "has not passed yet")]
)
def test_a_time_that_is_none_or_not_past_is_refused(database: sa.Engine, start: str, until: str, words: str) -> None:
    """With one sentence that says what is wrong."""
    with pytest.raises(UsageError, match=words):
        tried(database, "when: {silent: any event}\nsend: {after 10 days: mail}\n", start, until)


def test_ctrl_c_leaves_what_was_done_until_then(database: sa.Engine) -> None:
    """The figures up to the last whole tick are told, and that it was stopped."""
    silences(Stage(database))

    def impatient(when: datetime) -> None:
        if when >= at("2026-03-12"):
            raise KeyboardInterrupt

    found = tried(database, "when: {silent: any event}\nsend: {after 10 days: mail}\n", FROM, UNTIL, progress=impatient)
    assert (found.interrupted, found.reached) == (True, at("2026-03-12"))
    assert moments(found) == [("2026-03-07", "ana", "enrolled")]
