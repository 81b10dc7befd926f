"""What the customers of a test say yes and no to: told as a recipient tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine import consent, suppression
from engine.consent import State
from engine.db import writing
from engine.hashing import address_hash
from engine.rules.scenarios.model import EVERYTHING, Change, Person, Scenario

SOURCE = "test"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A yes or no of one customer to a topic, or a no to mail of any (`*`)."""

    who: str
    topic: str
    state: State


def before(scenario: Scenario) -> Iterator[Wish]:
    """Yield what was said before the rules go live."""
    for person in scenario.customers.values():
        yield from _wishes(person.name, person.suppressed, person)


def at(scenario: Scenario, instant: datetime) -> Iterator[Wish]:
    """Yield what is said at an instant."""
    for change in scenario.changes:
        for who in change.who if change.at == instant else ():
            yield from _wishes(who, change.suppress, change)


def _wishes(who: str, refused: str | None, said: Person | Change) -> Iterator[Wish]:
    if refused:
        yield Wish(who=who, topic=refused, state="no")
    for topic in said.consents:
        yield Wish(who=who, topic=topic, state="yes")


def hear(engine: sa.Engine, wish: Wish, address: str, *, secret: str, now: datetime) -> None:
    """Write down what a customer says whose address this is."""
    if wish.topic == EVERYTHING:
        suppression.add(engine, address, secret=secret, reason="asked for it", now=now)
        return
    with writing(engine) as connection:
        consent.say(
            connection,
            customer_id=wish.who,
            address_hash=address_hash(address, secret),
            topic=wish.topic,
            state=wish.state,
            source=SOURCE,
            wording=None,
            secret=secret,
            now=now,
        )
