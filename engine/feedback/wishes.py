"""Unsubscribes and resubscribes that a provider passes on: what was said last counts, whenever it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from engine import consent
from engine.consent import Said
from engine.feedback.fact import Fact
from engine.feedback.heard import Kind
from engine.models.tables import feedback, message

NOTED = "noted"
NOTHING_NEW = "overtaken, or nothing to take back"
STATES: Mapping[str, Literal["yes", "no"]] = {Kind.UNSUBSCRIBED: "no", Kind.RESUBSCRIBED: "yes"}


@dataclass(frozen=True, kw_only=True, order=True)
class Word:
    """A yes or no and when it was said; of two in the same second the no comes last, and counts."""

    at: datetime
    is_no: bool

    @property
    def state(self) -> Literal["yes", "no"]:
        """What was said."""
        return "no" if self.is_no else "yes"


def to_say(words: Sequence[Word], last: Said | None) -> Iterator[Word]:
    """Return which of somebody's words about a topic are still to be written, in the order they were said.

    Those that are older than what the log holds are overtaken. A yes that follows no no has nothing to take back: a
    provider cannot opt somebody in.
    """
    state = last.state if last else None
    for word in sorted(words):
        if last and word.at <= last.at:
            continue
        if word.state == "yes" and state != "no":
            continue
        yield word
        state = word.state


def follow(connection: sa.Connection, known: Sequence[Fact], *, secret: str) -> Mapping[str, str]:
    """Write into the log of consent what was said, and suppress or allow the topic for the address.

    Returns, by event, what became of it.
    """
    about = {(str(each.customer_id), str(each.topic)): each for each in known if each.kind in STATES}
    said: dict[tuple[str, str], int] = {}
    for (customer_id, topic), each in sorted(about.items()):
        before = consent.latest(connection, [customer_id]).get(customer_id, {})
        heard = [word for word in _words(connection, customer_id, topic) if word.is_no or _stands(word, before)]
        words = tuple(to_say(heard, before.get(topic)))
        for word in words:
            consent.say(
                connection,
                customer_id=customer_id,
                address_hash=each.address_hash,
                topic=topic,
                state=word.state,
                source=each.provider,
                wording=None,
                secret=secret,
                now=word.at,
            )
        said[customer_id, topic] = len(words)
    wished = [each for each in known if each.kind in STATES]
    return {each.event_id: NOTED if said[str(each.customer_id), str(each.topic)] else NOTHING_NEW for each in wished}


def _stands(yes: Word, before: Mapping[str, Said]) -> bool:
    """Say whether no no to all of marketing came after a yes."""
    general = before.get(consent.ALL_MARKETING)
    return general is None or general.state == "yes" or yes.at > general.at


def _words(connection: sa.Connection, customer_id: str, topic: str) -> tuple[Word, ...]:
    """Return all that this customer said of this topic by way of a provider."""
    joined = feedback.join(message, message.c.send_id == feedback.c.send_id)
    of = (message.c.recipient_id == customer_id, message.c.topic == topic, feedback.c.kind.in_(STATES))
    rows = connection.execute(sa.select(feedback.c.at, feedback.c.kind).select_from(joined).where(*of))
    return tuple(Word(at=at, is_no=STATES[kind] == "no") for at, kind in rows)
