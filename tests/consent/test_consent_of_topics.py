"""Topics with opt-in and opt-out: at each claim, what was said last decides."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from sending import FILES, NOW, a_clock, add_customer, enroll, queue, the_message

from engine import consent, dispatch
from engine.consent import ALL_MARKETING, State
from engine.db import writing
from engine.hashing import address_hash
from engine.providers.memory import MemoryProvider
from engine.runtime import Runtime, build
from engine.settings import Settings

NEVER = "no consent: never said yes to tips"
NO = "no consent: said no to tips"


def a_runtime(kind: str) -> Runtime:
    """Return the company with one topic as it is told."""
    topics = FILES["rules/topics.yaml"].replace("tips: marketing", f"tips: {kind}")
    files = {**FILES, "rules/topics.yaml": topics}
    return build(files, release_id=1, settings=Settings(secret="test", provider="memory"))


def say(database: sa.Engine, customer_id: str, topic: str, state: State) -> None:
    """Let a customer say something, from another address than the present one."""
    with writing(database) as connection:
        consent.say(
            connection,
            customer_id=customer_id,
            address_hash=address_hash("former@example.com", "test"),
            topic=topic,
            state=state,
            source="centre",
            wording=None,
            secret="test",
            now=NOW,
        )


OPT_IN, OPT_OUT = "{kind: marketing, consent: opt-in}", "{kind: marketing}"


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        (OPT_OUT, {}, None),
        (OPT_OUT, {"tips": "no"}, NO),
        (OPT_OUT, {"news": "no"}, None),
        (OPT_OUT, {ALL_MARKETING: "no"}, NO),
        (OPT_IN, {}, NEVER),
        (OPT_IN, {"news": "yes"}, NEVER),
        (OPT_IN, {"tips": "yes"}, None),
        (OPT_IN, {ALL_MARKETING: "yes"}, NEVER),
        (OPT_IN, {"tips": "no"}, NO),
        ("transactional", {"tips": "no"}, None),
        ("transactional", {ALL_MARKETING: "no"}, None),
    ],
)
def test_a_claim_asks_for_consent(
    database: sa.Engine, kind: str, said: Mapping[str, State], reason: str | None
) -> None:
    """A no follows the customer to any address; where people are asked first, so does silence."""
    add_customer(database, "ana")
    enroll(database, "ana", rule="tip")
    running = a_runtime(kind)
    queue(database)
    for topic, state in said.items():
        say(database, "ana", topic, state)
    provider = MemoryProvider()
    dispatch.run_once(database, running, provider, clock=a_clock())
    assert (len(provider.seen), the_message(database)["reason"]) == (0 if reason else 1, reason)


def test_what_others_said_is_not_asked(database: sa.Engine) -> None:
    """The yes of one customer is nobody else's."""
    for name in ("ana", "bob"):
        add_customer(database, name)
        enroll(database, name, rule="tip")
    queue(database)
    say(database, "bob", "tips", "yes")
    provider = MemoryProvider()
    dispatch.run_once(database, a_runtime(OPT_IN), provider, clock=a_clock())
    assert [envelope.recipient.address for envelope in provider.seen] == ["bob@example.com"]
