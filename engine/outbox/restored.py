"""After a backup was put back: what may have been sent in the span that the database forgot is in doubt, never sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import recipients
from engine.db import reading, writing
from engine.models.tables import audit, message
from engine.outbox.hearing import heard_of, verdict
from engine.outbox.lanes import ALL, ENGINE, RESTORED, lanes, stop, stopped
from engine.outbox.states import Move, Status, move
from engine.rules.model import RuleSet
from engine.witness import Span, Witness, spans

REMEMBERED = timedelta(days=30)
"""For how long after a restoration moments of the lost span are told apart from those of a later backfill."""
TELLING = timedelta(days=3)
"""How long after a mail was handed over a provider may still be trying to deliver it."""
MAYBE_SENT = "may have been sent before the database was restored"
_BATCH = 500


def watch(engine: sa.Engine, witness: Witness | None, provider: str, *, now: datetime) -> str | None:
    """Stop all sending where a witness has seen more than the database knows; returns why nothing may be claimed."""
    if witness is None:
        return None
    with reading(engine) as connection:
        if not witness.behind(connection):
            return None
    return alarm(engine, provider, now=now)


def alarm(engine: sa.Engine, provider: str, *, now: datetime) -> str:
    """Stop all sending because the database was restored; returns what to tell an operator."""
    with writing(engine) as connection:
        _stop(connection, ALL, now=now)
        lane = stopped(connection, provider)
    return lane.sentence if lane else RESTORED


def unknown_send_ids(
    connection: sa.Connection, provider: str, seen: Mapping[str, datetime], *, now: datetime
) -> frozenset[str]:
    """Stop a provider's lane where its events name messages that this database never had; returns their ids.

    `seen` maps the send ids of events to their times: of events that come soon after a mail was handed over (processed,
    delivered, deferred, dropped, bounced), without ids that were erased. What a declared restoration explains stops
    nothing.
    """
    known = set(connection.scalars(sa.select(message.c.send_id).where(message.c.send_id.in_(seen)))) if seen else set()
    declared = spans(connection) if len(known) < len(seen) else ()
    unknown = {
        each
        for each, at in seen.items()
        if each not in known and not any(at <= span.until_at + TELLING for span in declared)
    }
    if unknown:
        _stop(connection, provider, now=now)
    return frozenset(unknown)


def _stop(connection: sa.Connection, name: str, *, now: datetime) -> None:
    """Stop a lane until somebody lets it go on; one that waits for somebody already is left as it is."""
    if any(each.name == name and each.stopped_at and each.retry_at is None for each in lanes(connection)):
        return
    stop(connection, name, reason=RESTORED, by=ENGINE, now=now)
    connection.execute(sa.insert(audit).values(at=now, actor=ENGINE, action="pause", detail={"lane": name}))


def suspects(connection: sa.Connection, span: Span) -> tuple[str, ...]:
    """Return the waiting messages that may have been sent in a span."""
    waiting = sa.and_(message.c.status == Status.QUEUED, message.c.doubts == 0)
    within = sa.and_(message.c.not_before < span.until_at, message.c.expires_at > span.from_at)
    return tuple(connection.scalars(sa.select(message.c.send_id).where(waiting, within).order_by(message.c.send_id)))


def doubt(engine: sa.Engine, rules: RuleSet, send_ids: Sequence[str], *, now: datetime) -> Mapping[str, int]:
    """Put waiting messages in doubt, or leave them to be sent once more where their topic says so; returns how many."""
    counts: Counter[str] = Counter()
    for start in range(0, len(send_ids), _BATCH):
        with writing(engine) as connection:
            rows = _locked(connection, send_ids[start : start + _BATCH])
            changed = doubted([dict(row) for row in rows], rules, now=now, within=None)
            counts.update(str(row["status"]) for row in changed)
            _write(connection, rows, changed, now)
    return counts


def doubted(
    rows: Sequence[Mapping[str, Any]],
    rules: RuleSet,
    *,
    now: datetime,
    within: Collection[Span] | None,
) -> list[dict[str, Any]]:
    """Return messages as they stand after a restoration: those that may have been sent in a span are in doubt.

    `within` None means that all of them may have been. What feedback already knows of is settled at once by `settled`.
    """
    return [_doubted(row, rules) if within is None or _suspect(row, within, now) else dict(row) for row in rows]


def _suspect(row: Mapping[str, Any], within: Collection[Span], now: datetime) -> bool:
    could_leave = row["status"] in {Status.QUEUED, Status.EXPIRED} and row["address_hash"] is not None
    return could_leave and any(
        row["not_before"] < span.until_at and row["expires_at"] > span.from_at and now < span.until_at + REMEMBERED
        for span in within
    )


def _doubted(row: Mapping[str, Any], rules: RuleSet) -> dict[str, Any]:
    topic = rules.topics.get(row["topic"])
    again = topic is not None and topic.on_doubt == "resend" and row["status"] == Status.QUEUED
    to, reason = (Status.QUEUED, f"{MAYBE_SENT}; sent again") if again else (Status.IN_DOUBT, MAYBE_SENT)
    return {**row, "status": to, "reason": reason, "doubts": 1}


def settled(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Settle those doubtful messages, just written, of which feedback had come before them."""
    doubtful = {row["send_id"]: row for row in rows if row["doubts"]}
    heard = heard_of(connection, list(doubtful))
    moves = [
        Move(send_id=each, was=doubtful[each]["status"], to=to, attempt=doubtful[each]["attempt"], reason=verdict(to))
        for each, to in heard.items()
    ]
    move(connection, moves, now=now)


def _locked(connection: sa.Connection, send_ids: Sequence[str]) -> Sequence[sa.RowMapping]:
    """Return those that still wait, under the locks of their recipients."""
    waiting = sa.and_(message.c.send_id.in_(send_ids), message.c.status == Status.QUEUED, message.c.doubts == 0)
    hashes = sa.select(message.c.address_hash).where(waiting)
    recipients.lock(connection, {each for each in connection.scalars(hashes) if each})
    return connection.execute(sa.select(message).where(waiting).order_by(message.c.send_id)).mappings().all()


def _write(
    connection: sa.Connection, before: Sequence[sa.RowMapping], after: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    pairs = list(zip(before, after, strict=True))
    moves = [
        Move(
            send_id=row["send_id"],
            was=Status(was["status"]),
            to=row["status"],
            attempt=row["attempt"],
            reason=row["reason"],
            also={"doubts": 1},
        )
        for was, row in pairs
        if was["status"] != row["status"]
    ]
    move(connection, moves, now=now)
    again = [row["send_id"] for was, row in pairs if was["status"] == row["status"]]
    if again:
        once_more = sa.update(message).where(message.c.send_id.in_(again))
        connection.execute(once_more.values(doubts=1, reason=f"{MAYBE_SENT}; sent again"))
    settled(connection, after, now=now)
