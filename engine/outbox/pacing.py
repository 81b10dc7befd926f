"""Who of those that may leave must wait: a recipient's mails are judged together, the most urgent first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine import policy
from engine.models.tables import message_content
from engine.outbox.counted import Books, books
from engine.outbox.due import unprepared
from engine.outbox.facts import Row
from engine.outbox.judging import Claimer, ended
from engine.outbox.states import Move, Status
from engine.outbox.timing import closes_at, quiet
from engine.policy import Delay, Wait
from engine.rules.model import Rule, Topic
from engine.subjects import Known


@dataclass(kw_only=True)
class Paced:
    """Of the messages that may leave: those that do now, the steps of those that must not, and who waits for others.

    `behind` are messages whose place under a cap is kept for a more urgent one that has no content yet.
    """

    leaving: list[Row] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    behind: set[str] = field(default_factory=set)


def paced(
    connection: sa.Connection,
    claimer: Claimer,
    able: Sequence[Row],
    known: Mapping[str, Known],
    *,
    stale: Collection[str],
    ready: Collection[str],
    room: int,
    now: datetime,
) -> Paced:
    """Choose, of messages that may leave (the most urgent first), at most `room`, and let wait what must.

    What is `stale` leaves with a later claim; until then nothing less urgent takes its place under a cap, nor that of a
    message that is due and not among the `ready`, all that were judged.
    """
    pacer = _Pacer(claimer, _books(connection, claimer, able, ready, now), now)
    for row in able:
        fits = row["send_id"] not in stale and len(pacer.paced.leaving) < room
        pacer.take(row, known[row["send_id"]], fits=fits)
    _forget(connection, pacer.waiting)
    return pacer.paced


def _books(
    connection: sa.Connection, claimer: Claimer, able: Sequence[Row], ready: Collection[str], now: datetime
) -> Books:
    topics = claimer.running.rules.topics
    hashes = {row["address_hash"] for row in able if _capped(topics[row["topic"]])}
    kept = books(connection, topics, hashes, now=now)
    for row in unprepared(connection, claimer.running, hashes, ready=ready, now=now) if hashes else ():
        kept.keep_place(row)
    return kept


def _capped(topic: Topic) -> bool:
    return bool(topic.at_most or topic.marketing_at_most)


class _Pacer:
    def __init__(self, claimer: Claimer, kept: Books, now: datetime) -> None:
        self.paced, self.waiting = Paced(), list[Row]()
        self._running, self._books, self._now = claimer.running, kept, now

    def take(self, row: Row, known: Known, *, fits: bool) -> None:
        """Let a message leave, wait or end, or keep its place where it does not fit into this claim."""
        verdict = policy.delay(self._asked(row, known)) if self._may_wait(row) else None
        if isinstance(verdict, Wait):
            self.waiting.append(row)
            self.paced.moves.append(_wait(row, verdict))
        elif verdict:
            self.paced.moves.append(ended(row, verdict))
        elif not fits:
            self._books.keep_place(row)
        elif self._books.taken_before(row):
            self.paced.behind.add(row["send_id"])
        else:
            self.paced.leaving.append(row)
            self._books.note(row, self._now)

    def _may_wait(self, row: Row) -> bool:
        topic = self._running.rules.topics[row["topic"]]
        return _capped(topic) or topic.quiet_hours is not None

    def _asked(self, row: Row, known: Known) -> Delay:
        topic, zone = self._running.rules.topics[row["topic"]], known.zone(self._running.settings.time_zone)
        return Delay(
            now=self._now,
            not_before=row["not_before"],
            expires_at=row["expires_at"],
            closes_at=_closes(row, self._running.rules.rules[row["rule"]], zone),
            caps=self._books.caps(row),
            quiet=quiet(topic, zone, self._now),
        )


def _closes(row: Row, rule: Rule, zone: str) -> datetime | None:
    return closes_at(rule, row["fact"], row["closes_at"], reader_zone=zone)


def _wait(row: Row, verdict: Wait) -> Move:
    also = {"not_before": verdict.until, "expires_at": verdict.expires_at}
    queued = Status.QUEUED
    return Move(send_id=row["send_id"], was=queued, to=queued, attempt=row["attempt"], reason=verdict.reason, also=also)


def _forget(connection: sa.Connection, waiting: Sequence[Row]) -> None:
    """Throw the content of untried mail away: it says how many days are left, and is written when it leaves."""
    ids = [row["send_id"] for row in waiting if row["first_intent_at"] is None]
    if ids:
        connection.execute(sa.delete(message_content).where(message_content.c.send_id.in_(ids)))
