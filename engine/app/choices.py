"""What the holder of a link gets and may choose, and what becomes of what they choose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine import consent, recipients, suppression
from engine.app.opened import App
from engine.consent import ALL_MARKETING, Answers, State
from engine.db import reading, written
from engine.hashing import address_hash
from engine.links import Holder
from engine.policy import ANY_TOPIC
from engine.rules.model import Topic
from engine.subjects import Person, load_persons
from engine.subjects.known import load

Wording = Callable[[Topic, bool], str]
"""Returns the words in which a topic was offered, with the choice that was made."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A marketing topic, and whether the holder gets its mail."""

    topic: Topic
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Choices:
    """All that a holder may choose, and what they get in any case.

    `language` is the customer's own, "" where it is not known; `stopped` says that no mail at all goes to the address.
    """

    language: str
    marketing: tuple[Choice, ...]
    always: tuple[Topic, ...]
    stopped: bool

    @property
    def chosen(self) -> frozenset[str]:
        """The topics whose mail the holder gets."""
        return frozenset(each.topic.name for each in self.marketing if each.chosen)


def choices(app: App, topics: Iterable[Topic], holder: Holder) -> Choices | None:
    """Return what a holder gets now; None where there is no such customer (any more)."""
    with reading(app.database) as connection:
        known = load(connection, [holder.customer_id]).get(holder.customer_id)
        if known is None:
            return None
        suppressed = {scope for each in _scopes(connection, app, holder, known.person) for scope in each}
        answers = consent.answers_of(connection, [holder.customer_id]).get(holder.customer_id, Answers())
    topics = tuple(topics)
    return Choices(
        language=known.language(""),
        marketing=tuple(
            Choice(topic=topic, chosen=_gets(topic, answers, suppressed))
            for topic in topics
            if topic.kind == "marketing"
        ),
        always=tuple(topic for topic in topics if topic.kind == "transactional"),
        stopped=ANY_TOPIC in suppressed,
    )


def leave(app: App, holder: Holder, *, source: str, wording: str) -> None:
    """Unsubscribe a holder from the topic of their mail; once this returns, no request for it starts.

    Of somebody who is no customer any more, the address alone is remembered.
    """

    def say(connection: sa.Connection) -> None:
        if _locked(connection, app, holder) is None:
            _remember(connection, app, holder, source)
        else:
            _say(connection, app, holder, holder.topic, "no", source=source, wording=wording)

    written(app.database, say)


def choose(
    app: App, topics: Iterable[Topic], holder: Holder, wanted: Mapping[str, bool], *, source: str, wording: Wording
) -> None:
    """Write down what changed in a holder's choice; a topic that is not in `wanted` was not offered."""
    before = choices(app, topics, holder)
    changed = [
        each.topic
        for each in (before.marketing if before else ())
        if wanted.get(each.topic.name, each.chosen) is not each.chosen
    ]

    def say(connection: sa.Connection) -> None:
        for topic in changed if _locked(connection, app, holder) else ():
            yes = wanted[topic.name]
            told = wording(topic, yes)
            _say(connection, app, holder, topic.name, "yes" if yes else "no", source=source, wording=told)

    written(app.database, say)


def leave_all(app: App, topics: Iterable[Topic], holder: Holder, *, source: str, wording: str) -> None:
    """Unsubscribe a holder from every marketing topic, those of tomorrow too."""
    names = [topic.name for topic in topics if topic.kind == "marketing"]

    def say(connection: sa.Connection) -> None:
        for name in (*names, ALL_MARKETING) if _locked(connection, app, holder) else ():
            _say(connection, app, holder, name, "no", source=source, wording=wording)

    written(app.database, say)


def _gets(topic: Topic, answers: Answers, suppressed: set[str]) -> bool:
    if topic.name in suppressed or ALL_MARKETING in suppressed:
        return False
    answer = answers.to(topic.name)
    return answer == "yes" if topic.consent == "opt-in" else answer != "no"


def _scopes(connection: sa.Connection, app: App, holder: Holder, person: Person) -> Iterable[Mapping[str, str]]:
    return suppression.of(connection, _addresses(app, holder, person)).values()


def _locked(connection: sa.Connection, app: App, holder: Holder) -> Person | None:
    """Lock the addresses that a holder's word is about, all in one step, and return the customer as they are then.

    What came to be about them meanwhile is locked after that.
    """
    secret = app.settings.secret.get_secret_value()
    locked: set[str] = set()
    while True:
        person = load_persons(connection, [holder.customer_id]).get(holder.customer_id)
        addresses = {holder.address_hash} | consent.concerned(connection, [holder.customer_id], secret=secret)
        if addresses <= locked:
            return person
        recipients.lock(connection, addresses)
        locked |= addresses


def _addresses(app: App, holder: Holder, person: Person | None) -> set[str]:
    secret = app.settings.secret.get_secret_value()
    present = {address_hash(person.address, secret)} if person and person.address else set()
    return present | {holder.address_hash}


def _say(
    connection: sa.Connection, app: App, holder: Holder, topic: str, state: State, *, source: str, wording: str
) -> None:
    consent.say(
        connection,
        customer_id=holder.customer_id,
        address_hash=holder.address_hash,
        topic=topic,
        state=state,
        source=source,
        wording=wording,
        secret=app.settings.secret.get_secret_value(),
        now=app.clock.now(),
    )


def _remember(connection: sa.Connection, app: App, holder: Holder, source: str) -> None:
    row = {
        "address_hash": holder.address_hash,
        "scope": holder.topic,
        "reason": consent.UNSUBSCRIBED,
        "source": consent.SOURCE,
        "at": app.clock.now(),
    }
    suppression.put(connection, row, actor=source)
