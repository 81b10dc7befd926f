"""What the log of a customer means for a topic: a yes, a no, or nothing said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from engine.consent.log import Said, State, counting, latest


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one customer said last, by topic."""

    said: Mapping[str, Said] = field(default_factory=dict)

    def to(self, topic: str) -> State | None:
        """Return the answer to a marketing topic that counts.

        A no to all of marketing is a no to each topic, until a yes to that topic comes later; a yes to all takes
        such a no back and is no yes to any topic.
        """
        last = counting(self.said, topic)
        return last.state if last else None


def answers_of(connection: sa.Connection, customer_ids: Collection[str]) -> Mapping[str, Answers]:
    """Return the answers of these customers, by id; who never said anything is left out."""
    return {id_: Answers(said=said) for id_, said in latest(connection, customer_ids).items()}
