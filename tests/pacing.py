"""Mails under caps and quiet hours, for tests: rules whose topics have them, and people who did things at some time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sending import FILES, a_claimer, answer, claim, enroll, messages, queue

from engine.db import writing
from engine.models.tables import event
from engine.outbox import Outgoing
from engine.providers import Outcome
from engine.runtime import Runtime, build
from engine.settings import Settings

DAY = timedelta(days=1)
URGENT = "rules/urgent.yaml"
KINDS = {
    "account": "transactional",
    "billing": "transactional",
    "sure": "transactional",
    "tips": "marketing",
    "news": "{kind: marketing, priority: 5}",
}
MORE = {
    URGENT: "topic: news\nwhen: {event: Signed Up}\nsend: {at once: welcome}\n",
}


@lru_cache
def running(topics: str) -> Runtime:
    """The company's files with these topics, and the others as they are."""
    named = {line.partition(":")[0] for line in topics.splitlines()}
    others = "".join(f"{topic}: {kind}\n" for topic, kind in KINDS.items() if topic not in named)
    settings = Settings(secret="test", provider="memory")
    return build({**FILES, **MORE, "rules/topics.yaml": topics + others}, release_id=1, settings=settings)


def happened(engine: sa.Engine, rule: str, at: datetime, *, person: str = "ana") -> None:
    """Let somebody do at an instant what a rule writes about, and enroll them."""
    with writing(engine) as connection:
        id_ = f"e{connection.scalar(sa.select(sa.func.count()).select_from(event))}"
        row = {"id": id_, "customer_id": person, "name": "Signed Up", "at": at, "received_at": at}
        connection.execute(sa.insert(event).values(**row))
    enroll(engine, person, rule, fact=id_, due_at=at, moment_at=at, decided_at=at)


def leave(
    engine: sa.Engine, runtime: Runtime, now: datetime, *, outcome: Outcome = Outcome.ACCEPTED, room: int = 10
) -> list[str]:
    """Queue, claim and answer what may leave now; returns the rules whose mail left, in order."""
    queue(engine, runtime=runtime, now=now)
    outgoing = claim(engine, a_claimer(runtime), room=room, now=now)
    answer(engine, outgoing, outcome, now=now, runtime=runtime)
    return rules_of(engine, outgoing)


def rules_of(engine: sa.Engine, outgoing: Iterable[Outgoing]) -> list[str]:
    """Return the rules of mails, in the order in which they leave."""
    rules = {row["send_id"]: row["rule"] for row in messages(engine)}
    return [rules[each.send_id] for each in outgoing]


def told(engine: sa.Engine, rule: str = "tip") -> list[tuple[str, datetime, str | None]]:
    """Return where the mails of a rule stand, until when they wait and why, the earliest first."""
    rows = [row for row in messages(engine) if row["rule"] == rule]
    return [
        (row["status"], row["not_before"], row["reason"])
        for row in sorted(rows, key=lambda row: (row["due_at"], row["occurrence"]))
    ]
