"""Settling: what the provider answered becomes what the message is (commit 3)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import recipients
from engine.db import Straight, among, reading, writing
from engine.models.tables import message, recipient
from engine.outbox import leases
from engine.outbox.hearing import heard_of, verdict
from engine.outbox.judging import Claimer
from engine.outbox.lanes import ENGINE, start, stop_for_a_while
from engine.outbox.running import Running
from engine.outbox.states import NOT_AGAIN, Move, Status, expire, late, move
from engine.providers import Answer, Outcome

LONGEST_WAIT = timedelta(hours=1)
_FIRST_WAIT = timedelta(seconds=30)
_SILENT = "the worker that sent it fell silent"
_WAITING = Straight(
    sa.select(message.c.send_id, message.c.attempt, message.c.status).where(
        among(message.c.send_id, "ids"),
        sa.or_(*(message.c.status == each for each in (Status.SENDING, Status.IN_DOUBT, Status.QUEUED))),
    )
)
_NOTED = Straight(
    sa.update(recipient).where(among(recipient.c.address_hash, "hashes")).values(last_sent_at=sa.bindparam("now"))
)
_UNSTARTED = "the request never started"
_RANDOM = secrets.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One request's answer; `attempt` is the one it belongs to, `trial` says that it tried a stopped lane."""

    send_id: str
    attempt: int
    doubts: int
    topic: str
    address_hash: str
    answer: Answer
    trial: bool = False


@dataclass(frozen=True, kw_only=True)
class Next:
    """Where an answer takes a message, and what else it changes."""

    to: Status
    reason: str | None
    also: Mapping[str, Any]


def settle(
    engine: sa.Engine, running: Running, answers: Sequence[Answered], *, provider: str, now: datetime
) -> Mapping[str, int]:
    """Write what became of requests; returns how many went where. An answer to an older attempt changes nothing."""
    if not answers:
        return {}
    with writing(engine) as connection:
        return settle_within(connection, running, answers, provider=provider, now=now)


def reap(engine: sa.Engine, claimer: Claimer, *, now: datetime, but: Collection[str] = ()) -> Mapping[str, int]:
    """Put in doubt what silent workers had under way, and end what is too late; returns how many went where.

    `but` are the requests that are open here: a clock that jumps makes nobody doubt them.
    """
    with reading(engine) as connection:
        orphans = leases.orphans(connection, claimer.worker, now=now, but=but)
        silent = connection.execute(orphans.limit(1)).first()
        overdue = connection.execute(late(now).limit(1)).first()
    if not silent and not overdue:
        return {}
    with writing(engine) as connection:
        answers = [_unknown(row) for row in connection.execute(orphans).mappings()]
        counts = Counter(settle_within(connection, claimer.running, answers, provider="", now=now))
        counts.update(expire(connection, now=now))
    return +counts


def unstarted(
    engine: sa.Engine, running: Running, holder: leases.Holder, claims: Collection[datetime], *, now: datetime
) -> Mapping[str, int]:
    """Queue again what a worker claimed and never asked for, because it was not told that its claim was committed.

    `claims` are the instants of those claims: what else a database says that the worker has under way may have been
    sent, by its other claims or before the database was restored. Returns how many went where.
    """
    never_asked = leases.held(holder).where(message.c.status_at.in_(claims))
    with writing(engine) as connection:
        rows = connection.execute(never_asked).mappings()
        answers = [
            Answered(**row, answer=Answer(outcome=Outcome.NOT_SENT, words=_UNSTARTED, wait=timedelta())) for row in rows
        ]
        return settle_within(connection, running, answers, provider="", now=now)


def _unknown(row: sa.RowMapping) -> Answered:
    return Answered(**row, answer=Answer(outcome=Outcome.UNKNOWN, words=_SILENT))


def settle_within(
    connection: sa.Connection, running: Running, answers: Sequence[Answered], *, provider: str, now: datetime
) -> Mapping[str, int]:
    """Settle within a transaction; the recipients are locked first, as by whoever else writes of them."""
    if not answers:
        return {}
    recipients.hold(connection, {each.address_hash for each in answers})
    accepted = [each for each in answers if each.answer.outcome is Outcome.ACCEPTED]
    others = [each for each in answers if each.answer.outcome is not Outcome.ACCEPTED]
    sent = move(connection, [_move(each, Status.SENDING, _accepted(each, running, now)) for each in accepted], now=now)
    moves = _steps(connection, running, answers if sent < len(accepted) else others, now=now)
    move(connection, moves, now=now)
    if accepted:
        _NOTED.write(connection, [{"hashes": sorted({each.address_hash for each in accepted}), "now": now}])
    fault = next((each.answer for each in answers if each.answer.outcome is Outcome.OUR_FAULT), None)
    if fault:
        stop_for_a_while(connection, provider, reason=fault.words, now=now)
    elif any(each.trial and each.answer.outcome is Outcome.ACCEPTED for each in answers):
        start(connection, [provider], by=ENGINE, now=now)
    return +(Counter({str(Status.SENT): sent}) + Counter(str(each.to) for each in moves))


def _steps(connection: sa.Connection, running: Running, answers: Sequence[Answered], *, now: datetime) -> list[Move]:
    """Return the steps of messages whose answers are no plain yes, or that do not stand where a yes finds them."""
    if not answers:
        return []
    standing = _standing(connection, answers)
    heard = heard_of(connection, [each.send_id for each in answers if each.answer.outcome is not Outcome.ACCEPTED])
    moves: list[Move] = []
    for each in answers:
        was = standing.get((each.send_id, each.attempt))
        if was is None or (was is Status.QUEUED and each.answer.outcome is not Outcome.ACCEPTED):
            continue
        goes = _next(each, running, now=now, heard=heard.get(each.send_id))
        if was is not goes.to:
            moves.append(_move(each, was, goes))
    return moves


def _standing(connection: sa.Connection, answers: Sequence[Answered]) -> Mapping[tuple[str, int], Status]:
    """Return where each message stands, if it still waits for an answer to this attempt or is about to be resent."""
    rows = _WAITING.rows(connection, {"ids": [each.send_id for each in answers]})
    return {(send_id, attempt): Status(status) for send_id, attempt, status in rows}


def _next(each: Answered, running: Running, *, now: datetime, heard: Status | None) -> Next:
    if heard:
        return Next(to=heard, reason=verdict(heard), also={})
    return _NEXT[each.answer.outcome](each, running, now)


def _accepted(each: Answered, _running: Running, _now: datetime) -> Next:
    return Next(to=Status.SENT, reason=None, also={"provider_message_id": each.answer.message_id})


def _not_sent(each: Answered, _running: Running, now: datetime) -> Next:
    wait = backoff(each.attempt) if each.answer.wait is None else each.answer.wait
    return Next(to=Status.QUEUED, reason=each.answer.words, also={"not_before": now + wait})


def _refused(each: Answered, _running: Running, _now: datetime) -> Next:
    """What was sent again after a doubt stays in doubt: the first attempt may have arrived, whatever became of this."""
    if each.doubts:
        return Next(to=Status.IN_DOUBT, reason=f"{NOT_AGAIN}: {each.answer.words}", also={})
    return Next(to=Status.FAILED, reason=each.answer.words, also={})


def _our_fault(each: Answered, _running: Running, now: datetime) -> Next:
    return Next(to=Status.QUEUED, reason=each.answer.words, also={"not_before": now})


def _slow_down(each: Answered, _running: Running, now: datetime) -> Next:
    wait = each.answer.wait or timedelta()
    return Next(to=Status.QUEUED, reason=each.answer.words, also={"not_before": now + wait})


def _in_doubt(each: Answered, running: Running, now: datetime) -> Next:
    """A first doubt is resent where the topic says so; a second never."""
    topic = running.rules.topics.get(each.topic)
    doubts = {"doubts": each.doubts + 1}
    if topic and topic.on_doubt == "resend" and each.doubts == 0:
        return Next(
            to=Status.QUEUED, reason=f"in doubt, sent again: {each.answer.words}", also=doubts | {"not_before": now}
        )
    return Next(to=Status.IN_DOUBT, reason=each.answer.words, also=doubts)


_NEXT: Mapping[Outcome, Callable[[Answered, Running, datetime], Next]] = {
    Outcome.ACCEPTED: _accepted,
    Outcome.NOT_SENT: _not_sent,
    Outcome.REFUSED: _refused,
    Outcome.OUR_FAULT: _our_fault,
    Outcome.SLOW_DOWN: _slow_down,
    Outcome.UNKNOWN: _in_doubt,
}


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after an attempt that was not sent: full jitter below a doubling bound of at most 1 h."""
    bound = min(_FIRST_WAIT * (1 << min(attempt - 1, 10)), LONGEST_WAIT)
    return bound * _RANDOM.random()


def _move(each: Answered, was: Status, goes: Next) -> Move:
    return Move(send_id=each.send_id, was=was, to=goes.to, attempt=each.attempt, reason=goes.reason, also=goes.also)
