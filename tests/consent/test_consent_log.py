"""Consent: what was said last counts, is kept word for word, and suppresses the address it came from."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sending import NOW

from engine import consent, recipients, suppression
from engine.consent import ALL_MARKETING, State
from engine.db import connect, reading, writing
from engine.models.tables import consent as log

HASH = "a" * 64
LATER = NOW + timedelta(minutes=1)


def say(database: sa.Engine, topic: str, state: State, *, now: datetime = NOW, wording: str | None = "Send me") -> bool:
    """Let Ana say yes or no."""
    with writing(database) as connection:
        return consent.say(
            connection,
            customer_id="ana",
            address_hash=HASH,
            topic=topic,
            state=state,
            source="centre",
            wording=wording,
            secret="test",
            now=now,
        )


def answer(database: sa.Engine, topic: str) -> str | None:
    """Return what Ana's log means for a topic."""
    with reading(database) as connection:
        return consent.answers_of(connection, ["ana", "nobody"]).get("ana", consent.Answers()).to(topic)


def scopes(database: sa.Engine) -> set[str]:
    """Return what Ana's address is suppressed for."""
    return {each.scope for each in suppression.list_all(database)}


def rows(database: sa.Engine) -> list[tuple[str, str]]:
    """Return the log, the oldest first."""
    with reading(database) as connection:
        return [(row.topic, row.state) for row in connection.execute(sa.select(log).order_by(log.c.at))]


def test_a_no_is_logged_and_suppresses(database: sa.Engine) -> None:
    """A no stands in the log with source and wording, and in the suppressions of its address."""
    assert say(database, "tips", "no", wording="Stop")
    assert answer(database, "tips") == "no"
    with reading(database) as connection:
        said = consent.latest(connection, ["ana"])["ana"]["tips"]
    assert (said.state, said.source, said.wording, said.at) == ("no", "centre", "Stop", NOW)
    (kept,) = suppression.list_all(database)
    assert (kept.address_hash, kept.scope, kept.reason) == (HASH, "tips", "unsubscribed")


def test_saying_it_again_changes_nothing(database: sa.Engine) -> None:
    """The same no a second time is not new, and leaves one line in the log."""
    assert say(database, "tips", "no")
    assert not say(database, "tips", "no", now=LATER)
    assert rows(database) == [("tips", "no")]


def test_a_yes_lifts_what_a_no_set(database: sa.Engine) -> None:
    """A yes afterwards counts, and the address is free again."""
    say(database, "tips", "no")
    assert say(database, "tips", "yes", now=LATER)
    assert (answer(database, "tips"), scopes(database)) == ("yes", set())


def test_a_yes_leaves_what_an_operator_set(database: sa.Engine) -> None:
    """What an operator or a bounce suppressed stays, whatever is said."""
    for scope in ("tips", "*"):
        suppression.add(database, "ana@example.com", secret="test", reason="asked", now=NOW, scope=scope)
    key = suppression.list_all(database)[0].address_hash
    with writing(database) as connection:
        consent.say(
            connection,
            customer_id="ana",
            address_hash=key,
            topic="tips",
            state="yes",
            source="centre",
            wording=None,
            secret="test",
            now=NOW,
        )
    assert scopes(database) == {"tips", "*"}


@pytest.mark.parametrize("back", [timedelta(), timedelta(hours=1)])
def test_what_is_said_last_counts_whatever_the_clock_says(database: sa.Engine, back: timedelta) -> None:
    """A no after a yes counts, also where the clock of this host stands still or is behind the other's."""
    say(database, "tips", "yes")
    say(database, "tips", "no", now=NOW - back)
    assert (answer(database, "tips"), scopes(database)) == ("no", {"tips"})


STORIES: dict[str, tuple[list[tuple[str, State]], dict[str, str | None]]] = {
    "nothing was said": ([], {"tips": None}),
    "no to all": ([(ALL_MARKETING, "no")], {"tips": "no", "news": "no"}),
    "no to all beats an older yes": ([("tips", "yes"), (ALL_MARKETING, "no")], {"tips": "no"}),
    "a later yes to one": ([(ALL_MARKETING, "no"), ("tips", "yes")], {"tips": "yes", "news": "no"}),
    "no to all taken back": ([(ALL_MARKETING, "no"), (ALL_MARKETING, "yes")], {"tips": None}),
    "taken back, but one stays no": (
        [("tips", "no"), (ALL_MARKETING, "no"), (ALL_MARKETING, "yes")],
        {"tips": "no", "news": None},
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_the_log_means(database: sa.Engine, story: str) -> None:
    """A no to all of marketing is a no to each topic until a later yes to one."""
    said, meant = STORIES[story]
    for minutes, (topic, state) in enumerate(said):
        say(database, topic, state, now=NOW + timedelta(minutes=minutes))
    assert {topic: answer(database, topic) for topic in meant} == meant


def test_a_yes_to_one_topic_frees_the_address_from_the_no_to_all(database: sa.Engine) -> None:
    """The log keeps the other topics back, so that the address itself need not."""
    say(database, ALL_MARKETING, "no")
    say(database, "tips", "yes", now=LATER)
    assert scopes(database) == set()


def test_a_yes_in_the_same_words_takes_a_no_to_all_back(database: sa.Engine) -> None:
    """Whoever says it as they did before the no to all has said something new; then it is known."""
    say(database, "tips", "yes")
    say(database, ALL_MARKETING, "no", now=LATER)
    assert answer(database, "tips") == "no"
    assert say(database, "tips", "yes", now=LATER)
    assert answer(database, "tips") == "yes"
    assert not say(database, "tips", "yes", now=LATER)


def test_a_no_waits_for_a_claim(database: sa.Engine, database_url: str) -> None:
    """While a claim holds the recipient's row, a no to it waits, and commits after the claim."""
    other, order = connect(database_url), list[str]()

    def no() -> None:
        say(other, "tips", "no")
        order.append("no")

    with writing(database) as connection:
        recipients.lock(connection, [HASH])
        thread = threading.Thread(target=no)
        thread.start()
        order.append("claim")
    thread.join(timeout=30)
    assert order == ["claim", "no"]
    other.dispose()
