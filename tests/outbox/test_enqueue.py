"""From the ledger into the outbox: everything is listed, nothing twice, and each mail knows when it may leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sending import FILES, HOUR, NOW, a_runtime, add_account, add_customer, enroll, messages, statuses, the_message

from engine import outbox
from engine.clock import span
from engine.outbox.timing import closes_at, expires_at, not_before
from engine.rules.loader import load
from engine.rules.model import Rule

DAY = timedelta(days=1)


def rule_of(text: str) -> Rule:
    """Return a rule from its file."""
    loaded = load({**FILES, "rules/it.yaml": text})
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    return loaded.rules.rules["it"]


def enroll_card(engine: sa.Engine) -> None:
    """Write that the account's card expires in 7 days."""
    day, due = date(2026, 3, 9), datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    enroll(
        engine,
        "acme",
        "card",
        subject_type="account",
        fact=day.isoformat(),
        offset=-span(7 * DAY),
        send="7 days before",
        due_at=due,
        moment_at=due,
        closes_at=datetime(2026, 3, 9, tzinfo=UTC),
    )


def test_an_enrollment_becomes_one_message(database: sa.Engine) -> None:
    """A second run, and a run by another worker, make no second message."""
    add_customer(database)
    enroll(database)
    assert outbox.enqueue(database, a_runtime(), now=NOW).by_status == {"queued": 1}
    assert outbox.enqueue(database, a_runtime(), now=NOW).total == 0
    found = the_message(database)
    assert (found["template"], found["topic"], found["recipient_id"]) == ("welcome", "account", "ana")
    assert found["expires_at"] == NOW - HOUR + 3 * DAY


def test_the_id_is_the_same_after_a_restored_backup(database: sa.Engine) -> None:
    """An enrollment that is put into the outbox again gets the id it had."""
    add_customer(database)
    enroll(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    first = the_message(database)["send_id"]
    with database.begin() as connection:
        connection.execute(sa.text("DELETE FROM message"))
        connection.execute(sa.text("UPDATE enrollment SET queued_at = NULL"))
    outbox.enqueue(database, a_runtime(), now=NOW + DAY)
    assert the_message(database)["send_id"] == first


@pytest.mark.parametrize(
    ("state", "status", "reason"), [("overtaken", "skipped", "overtaken"), ("expired", "expired", "too late")]
)
def test_what_is_never_sent_is_listed_too(database: sa.Engine, state: str, status: str, reason: str) -> None:
    """Overtaken and expired moments are messages with their reason."""
    add_customer(database)
    enroll(database, state=state)
    outbox.enqueue(database, a_runtime(), now=NOW)
    found = the_message(database)
    assert (found["status"], found["reason"]) == (status, reason)


def test_without_an_address_nothing_waits(database: sa.Engine) -> None:
    """A customer without an address is skipped at once."""
    add_customer(database, email=None)
    enroll(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    found = the_message(database)
    assert (found["status"], found["reason"], found["recipient_id"]) == ("skipped", "no address", "ana")


def test_the_lowest_owner_is_written_to(database: sa.Engine) -> None:
    """With several people of a role the lowest id is written to, once an account."""
    for id_ in ("zoe", "bob", "ida"):
        add_customer(database, id_)
    add_account(database, owners=["zoe", "bob"])
    enroll_card(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    assert the_message(database)["recipient_id"] == "bob"


def test_a_role_nobody_holds_is_skipped(database: sa.Engine) -> None:
    """Without an owner there is nobody to write to, and the message says so."""
    add_account(database)
    enroll_card(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    found = the_message(database)
    assert (found["status"], found["reason"], found["recipient_id"]) == ("skipped", "no recipient", "")


def test_an_owner_who_left_is_not_written_to(database: sa.Engine) -> None:
    """A removed member holds no role."""
    for id_ in ("ana", "bob"):
        add_customer(database, id_)
    add_account(database, owners=["ana", "bob"])
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE account_member SET removed_at = 1 WHERE customer_id = 'ana'"))
    enroll_card(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    assert the_message(database)["recipient_id"] == "bob"


def test_mail_to_an_account_waits_for_its_readers_morning(database: sa.Engine) -> None:
    """The account is judged in its own zone, the mail leaves at 09:00 where its reader lives."""
    add_customer(database, time_zone="America/New_York")
    add_account(database, owners=["ana"], time_zone="UTC")
    enroll_card(database)
    outbox.enqueue(database, a_runtime(), now=NOW)
    found = the_message(database)
    assert found["not_before"] == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_a_rule_that_is_gone_cancels(database: sa.Engine) -> None:
    """An enrollment of a rule the release no longer has is listed as cancelled."""
    add_customer(database)
    enroll(database, rule="old-rule")
    outbox.enqueue(database, a_runtime(), now=NOW)
    found = the_message(database)
    assert (found["status"], found["reason"]) == ("cancelled", "rule removed")


def test_a_newer_releases_rows_wait_for_a_process_that_runs_it(database: sa.Engine) -> None:
    """During a rolling deploy the older process leaves the newer one's enrollments alone."""
    add_customer(database)
    enroll(database, rule="brand-new", release_id=2)
    assert outbox.enqueue(database, a_runtime(release_id=1), now=NOW).total == 0
    assert outbox.enqueue(database, a_runtime(release_id=2), now=NOW).total == 1


def test_many_batches_are_all_enqueued(database: sa.Engine) -> None:
    """More than a batch ends up in the outbox whole."""
    add_customer(database)
    for number in range(3):
        enroll(database, fact=f"e-{number}")
    assert outbox.enqueue(database, a_runtime(), now=NOW, batch=2).total == 3
    assert statuses(database) == {"queued": 3}
    assert len({row["send_id"] for row in messages(database)}) == 3


CARD = "topic: billing\nto: account owner\nwhen: {date: account.card_expires_on}\nsend: {7 days before: card}\n"
SIGNED_UP = "topic: account\nwhen: {event: Signed Up}\nsend: {at once: welcome}\n"
TIMES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("a day at the default time, for a reader in the same zone", {"due": "09:00", "leaves": "09:00"}),
    (
        "a day whose morning comes later where the reader lives",
        {"due": "09:00", "reader": "America/New_York", "leaves": "14:00"},
    ),
    (
        "a day whose morning is over where the reader lives: the next morning",
        {"due": "09:00", "reader": "Asia/Tokyo", "leaves": "00:00", "day": 3},
    ),
    (
        "the next morning is no sooner than its close: at once",
        {"due": "09:00", "reader": "Asia/Tokyo", "leaves": "09:00", "closes": "2026-03-03T00:00Z"},
    ),
)


@pytest.mark.parametrize(("case", "times"), TIMES)
def test_when_mail_about_a_day_leaves(case: str, times: Mapping[str, Any]) -> None:
    """It leaves at the first of its times of day where the reader lives, never at their night."""
    rule = rule_of(CARD)
    due = datetime.combine(date(2026, 3, 2), time.fromisoformat(times["due"]), UTC)
    closes = datetime.fromisoformat(times["closes"]) if "closes" in times else None
    leaves = not_before(rule, due=due, reader_zone=times.get("reader", "UTC"), closes=closes)
    assert leaves == datetime.combine(date(2026, 3, times.get("day", 2)), time.fromisoformat(times["leaves"]), UTC), (
        case
    )


@pytest.mark.parametrize(
    ("at", "zone", "due", "leaves"),
    [
        ("", "Europe/Stockholm", "2026-03-02T03:00Z", "2026-03-02T03:00Z"),
        ("at: 09:00\n", "Europe/Stockholm", "2026-03-02T03:00Z", "2026-03-02T08:00Z"),
        ("at: 09:00\n", "Europe/Stockholm", "2026-03-02T08:00Z", "2026-03-02T08:00Z"),
        ("at: 09:00\n", "Europe/Stockholm", "2026-03-02T08:01Z", "2026-03-03T08:00Z"),
        ("at: 09:00\n", "America/New_York", "2026-03-02T13:59Z", "2026-03-02T14:00Z"),
        ("at: 09:00\n", "Pacific/Kiritimati", "2026-03-02T20:00Z", "2026-03-03T19:00Z"),
        ("at: 02:30\n", "Europe/Stockholm", "2026-03-28T22:00Z", "2026-03-29T01:00Z"),
        ("at: 02:30\n", "Europe/Stockholm", "2026-10-24T22:00Z", "2026-10-25T00:30Z"),
        ("at: 02:30\n", "Europe/Stockholm", "2026-10-25T00:31Z", "2026-10-26T01:30Z"),
    ],
)
def test_when_mail_about_an_instant_leaves(at: str, zone: str, due: str, leaves: str) -> None:
    """With `at` it waits for the first such local time; a gap moves it to the gap's end, a fold counts once."""
    rule = rule_of(SIGNED_UP + at)
    found = not_before(rule, due=datetime.fromisoformat(due), reader_zone=zone)
    assert found == datetime.fromisoformat(leaves)


def test_a_mail_before_a_date_closes_with_it() -> None:
    """One day before, it may wait until the date begins where its reader lives, not for three days."""
    rule = rule_of(CARD)
    closes = closes_at(rule, "2026-03-09", datetime(2026, 3, 9, tzinfo=UTC), reader_zone="America/New_York")
    assert closes == datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    ends = expires_at(rule, moment=closes - HOUR, decided=closes - HOUR, leaves=closes - HOUR, closes=closes)
    assert ends == closes


def test_a_backfilled_moment_does_not_expire_at_once() -> None:
    """What happened 80 days ago is counted from when it was decided."""
    rule = rule_of(SIGNED_UP)
    assert expires_at(rule, moment=NOW - 80 * DAY, decided=NOW, leaves=NOW - 80 * DAY, closes=None) == NOW + 3 * DAY


@pytest.mark.parametrize(
    ("due_before", "held"), [(60 * HOUR, 60 * HOUR), (60 * HOUR, 59 * HOUR), (1 * HOUR, 60 * HOUR)]
)
def test_the_time_that_a_rule_was_held_makes_no_message_late(due_before: timedelta, held: timedelta) -> None:
    """What fell due in the meantime has not waited longer than since then."""
    rule, due = rule_of(SIGNED_UP), NOW - due_before
    ends = expires_at(rule, moment=due, decided=NOW, held=held, leaves=due, closes=None)
    assert ends == min(due + held, NOW) + 3 * DAY
