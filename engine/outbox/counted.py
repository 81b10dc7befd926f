"""What counts under caps: when mails to an address left, or may have left, by topic; and whose turn is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from engine import policy
from engine.db import among
from engine.models.tables import message
from engine.outbox.facts import Row
from engine.outbox.states import Status
from engine.rules.model import Cap, Topic

MARKETING = "all marketing"
_S = Status
_COUNTS = (
    message.c.status.in_([_S.SENT, _S.SENDING, _S.IN_DOUBT, _S.QUEUED]),
    sa.or_(message.c.status != _S.QUEUED, message.c.doubts > 0),
    message.c.last_intent_at > sa.bindparam("since", type_=message.c.last_intent_at.type),
)
"""What was sent or may have been; of what waits, that which may have been sent once and is to be sent again."""
_COUNTED = sa.select(*(message.c[name] for name in ("send_id", "address_hash", "topic", "last_intent_at"))).where(
    among(message.c.address_hash, "hashes"), *_COUNTS
)


@dataclass(kw_only=True)
class Books:
    """The mails that count, by (address, topic or all marketing), and the places kept for more urgent ones."""

    topics: Mapping[str, Topic]
    _left: dict[tuple[str, str], dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    _kept: dict[tuple[str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, row: Row, at: datetime) -> None:
        """Count a mail that leaves or left."""
        for name in self._names(row["topic"]):
            self._left[row["address_hash"], name][row["send_id"]] = at

    def keep_place(self, row: Row) -> None:
        """Keep the place of a mail that is due and cannot leave yet."""
        for name in self._names(row["topic"]):
            self._kept[row["address_hash"], name][row["send_id"]] = row["priority"]

    def caps(self, row: Row) -> tuple[policy.Cap, ...]:
        """Return the caps a mail is under, with what counts beside itself."""
        return tuple(self._cap(row, name, cap) for name, cap in caps_over(self.topics[row["topic"]]))

    def taken_before(self, row: Row) -> bool:
        """Say whether, with the places of more urgent mails, a cap is full."""
        return any(
            len(self._cap(row, name, cap).left) + self._ahead(row, name) >= cap.at_most
            for name, cap in caps_over(self.topics[row["topic"]])
            if self._ahead(row, name)
        )

    def _cap(self, row: Row, name: str, cap: Cap) -> policy.Cap:
        counted = self._left[row["address_hash"], name]
        left = tuple(at for send_id, at in counted.items() if send_id != row["send_id"])
        return policy.Cap(of=name, said=cap.said, at_most=cap.at_most, within=cap.within, left=left)

    def _ahead(self, row: Row, name: str) -> int:
        """Return how many more urgent mails have their place kept; among equals the first that is ready leaves."""
        return sum(priority > row["priority"] for priority in self._kept[row["address_hash"], name].values())

    def _names(self, topic: str) -> tuple[str, ...]:
        """Return under which names a mail counts; what is of no topic any more counts as marketing."""
        found = self.topics.get(topic)
        return (topic,) if found and found.kind == "transactional" else (topic, MARKETING)


def books(connection: sa.Connection, topics: Mapping[str, Topic], hashes: Collection[str], *, now: datetime) -> Books:
    """Return what counts for these addresses under the caps of these topics."""
    kept = Books(topics=topics)
    if hashes:
        given = {"hashes": sorted(hashes), "since": now - longest(topics)}
        for row in connection.execute(_COUNTED, given).mappings():
            kept.note(dict(row), row["last_intent_at"])
    return kept


def longest(topics: Mapping[str, Topic]) -> timedelta:
    """Return how far back caps look; nothing where there are none."""
    return max((cap.within for topic in topics.values() for _, cap in caps_over(topic)), default=timedelta())


def caps_over(topic: Topic) -> Iterator[tuple[str, Cap]]:
    """Yield the caps that a topic's mail is under, each with the name of what it is of."""
    yield from ((topic.name, cap) for cap in topic.at_most)
    yield from ((MARKETING, cap) for cap in topic.marketing_at_most)
