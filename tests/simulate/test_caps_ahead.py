"""Dry runs and plans keep to caps and quiet hours: the real stages run, and what left before counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from company import DAY, FILES, MISS_YOU, NOW, everything, people
from company import app as workspace
from planned import Planner

from engine.app.dry_run import Wanted, dry_run
from engine.app.release import make_release
from engine.app.sources import source
from engine.db import writing
from engine.hashing import address_hash
from engine.models.tables import message

HOUR = DAY / 24
TOPICS = "rules/topics.yaml"
OTHER = MISS_YOU.replace("14", "15").replace("tips", "news")
TWO: Mapping[str, str] = {**FILES, "rules/other.yaml": OTHER, TOPICS: f"{FILES[TOPICS]}news: marketing\n"}
Left = list[tuple[str, str, float, str]]


def shared(caps: str) -> Mapping[str, str]:
    """Two rules that write to everybody on two days that follow each other, and what their topics share."""
    return {**TWO, TOPICS: f"{TWO[TOPICS]}all marketing: {{{caps}}}\n"}


def of_tips(said: str) -> Mapping[str, str]:
    """One rule, and what its topic says besides."""
    return {**FILES, TOPICS: FILES[TOPICS].replace("tips: marketing", f"tips: {{kind: marketing, {said}}}")}


def ahead(database: sa.Engine, folder: Path, files: Mapping[str, str], days: int = 7) -> Left:
    """Make files live and look ahead: rule, customer, after how many days, and what becomes of the mail."""
    opened = workspace(database, folder, files)
    make_release(opened)
    found = dry_run(opened, source(opened), Wanted(start=NOW, until=NOW + days * DAY))
    return [(mail.rule, mail.customer_id, (mail.at - NOW) / DAY, mail.status) for mail in found.mails]


def left_before(engine: sa.Engine, person: str, hours: int) -> None:
    """Note that a mail of tips was sent to somebody so many hours ago, by a rule that is gone."""
    at = NOW - hours * HOUR
    key = {"subject_type": "customer", "subject_id": person, "rule": "gone", "occurrence": "1", "recipient_id": person}
    times = ("due_at", "not_before", "created_at", "status_at", "first_intent_at", "last_intent_at")
    row = key | {"send_id": f"{person}-1", "topic": "tips", "template": "gone", "release_id": 1, "status": "sent"}
    row |= {"address_hash": address_hash(f"{person}@example.com", "test"), "expires_at": at + DAY, "attempt": 1}
    with writing(engine) as connection:
        connection.execute(sa.insert(message).values(**row, **dict.fromkeys(times, at)))


def test_a_dry_run_shows_capped_mail_at_its_later_time(database: sa.Engine, tmp_path: Path) -> None:
    """The second rule's mail, due a day after the first one's, leaves two days after it."""
    people(database, {"ana": 13})
    assert ahead(database, tmp_path, shared("at most: 1 per 2 days")) == [
        ("we-miss-you", "ana", 1, "sent"),
        ("other", "ana", 3, "sent"),
    ]


def test_a_dry_run_shows_mail_of_the_night_in_the_morning(database: sa.Engine, tmp_path: Path) -> None:
    """What is due at noon leaves as the quiet hours end."""
    people(database, {"ana": 13})
    files = {
        **FILES,
        TOPICS: FILES[TOPICS].replace("tips: marketing", "tips: {kind: marketing, quiet hours: 11:00 to 15:00}"),
    }
    assert ahead(database, tmp_path, files) == [("we-miss-you", "ana", 1 + 3 / 24, "sent")]


def test_what_was_sent_before_counts_and_nothing_is_changed(database: sa.Engine, tmp_path: Path) -> None:
    """A mail of yesterday holds today's back until a week is over, where that is not too late."""
    people(database, {"ana": 13, "bob": 13})
    left_before(database, "ana", 5 * 24)
    left_before(database, "bob", 1 * 24)
    files = {
        **FILES,
        TOPICS: FILES[TOPICS].replace("tips: marketing", "tips: {kind: marketing, at most: 1 per 7 days}"),
    }
    make_release(workspace(database, tmp_path, files))
    before = everything(database)
    assert ahead(database, tmp_path, files) == [("we-miss-you", "bob", 1, "expired"), ("we-miss-you", "ana", 2, "sent")]
    assert everything(database) == before


def test_a_plan_of_a_cap_says_whose_mail_moves_and_whose_stops(planner: Planner) -> None:
    """With a cap of a week the second rule's mails come too late, and the plan says by which words that is."""
    people(planner.database, {"ana": 13})
    planner.live(TWO)
    (other, *_) = rules = planner.plan(shared("at most: 1 per 7 days")).rules
    assert [rule.difference.rule for rule in rules] == ["other", "we-miss-you"]
    assert other.difference.what == ("topic news: all marketing together at most none → 1 per 7 days",)
    assert [mail.customer_id for mail in other.stops] == ["ana"]
    moved = planner.plan(shared("at most: 1 per 2 days")).rules[0].moved
    assert [(pair.before.at - NOW, pair.after.at - NOW) for pair in moved] == [(2 * DAY, 3 * DAY)]


def test_a_plan_says_what_a_rule_does_to_others_under_its_cap(planner: Planner) -> None:
    """A new rule that takes the place first stops the mail of one that nobody edited, which is said of that one."""
    people(planner.database, {"ana": 13})
    planner.live({path: text for path, text in shared("at most: 1 per 7 days").items() if "miss-you" not in path})
    found = {rule.difference.rule: rule for rule in planner.plan(shared("at most: 1 per 7 days")).rules}
    assert [mail.customer_id for mail in found["we-miss-you"].starts] == ["ana"]
    assert [mail.customer_id for mail in found["other"].stops] == ["ana"]
    assert found["other"].difference.what == ("under the cap of all marketing, with we-miss-you",)
