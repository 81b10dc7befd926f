"""The claim: the recipient is locked, the whole question is asked again, and what may leave leaves (commit 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine import policy, recipients
from engine.db import Straight, among, insert_missing, writing
from engine.models.tables import message, message_content, recipient
from engine.outbox import leases
from engine.outbox.brakes import redirected
from engine.outbox.due import Candidate, to_them
from engine.outbox.facts import Row, made_from, readers_of
from engine.outbox.following import follow, write_followed
from engine.outbox.judging import Claimer, anew, ended, judged
from engine.outbox.lanes import give_trial_back, stopped, take_trial
from engine.outbox.pacing import paced
from engine.outbox.restored import alarm
from engine.outbox.states import Move, Status, move
from engine.outbox.written import Written
from engine.providers import Envelope, Mailbox
from engine.subjects import Known
from engine.witness import Restored

START_WITHIN = timedelta(seconds=5)
_MARGIN = timedelta(seconds=30)
_SENT = ("sender", "reply_to", "recipient", "recipient_name", "subject", "html", "text", "headers", "rendered_at")
_CONTENTS = Straight(
    sa.select(message_content.c.send_id, *(message_content.c[name] for name in _SENT)).where(
        among(message_content.c.send_id, "ids")
    )
)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message whose intent is committed: its request must start at once; `trial` tries a stopped lane."""

    send_id: str
    attempt: int
    envelope: Envelope
    address_hash: str
    topic: str
    doubts: int
    trial: bool = False


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What a claim decided: what leaves now, how others ended, and how many are to be rendered again.

    `held` are messages that wait for others: somebody else holds their recipient, or their place under a cap is kept.
    """

    outgoing: tuple[Outgoing, ...] = ()
    ended: Mapping[str, int] = field(default_factory=dict)
    discarded: int = 0
    held: frozenset[str] = frozenset()
    stopped: str | None = None


def claim(engine: sa.Engine, claimer: Claimer, candidates: Sequence[Candidate], *, room: int, now: datetime) -> Claimed:
    """Judge all due messages of these recipients that nobody else holds, and take at most `room` of them.

    Once it returns, the intents are committed and witnessed outside the database. In a database that was restored
    nothing is claimed, and all sending stops.
    """
    try:
        with writing(engine) as connection:
            claimed = claim_within(connection, claimer, candidates, room=room, now=now)
    except Restored:
        return Claimed(stopped=alarm(engine, claimer.provider.name, now=now))
    attest(claimer, claimed, now=now)
    return claimed


def claim_within(
    connection: sa.Connection, claimer: Claimer, candidates: Sequence[Candidate], *, room: int, now: datetime
) -> Claimed:
    """Claim within a transaction, whose commit is to be attested; raises Restored."""
    claimed = _claimed(connection, claimer, candidates, room=room, now=now)
    if claimed.outgoing and claimer.witness:
        claimer.witness.write(connection, now=now)
    return claimed


def attest(claimer: Claimer, claimed: Claimed, *, now: datetime) -> None:
    """Witness outside the database that a claim was committed."""
    if claimed.outgoing and claimer.witness:
        claimer.witness.keep(now)


def _claimed(
    connection: sa.Connection, claimer: Claimer, candidates: Sequence[Candidate], *, room: int, now: datetime
) -> Claimed:
    """Claim as the lane allows: as much as there is room for, one message to try it, or nothing."""
    lane = stopped(connection, claimer.provider.name)
    if lane is None:
        return _taken(connection, claimer, candidates, room=room, now=now)
    if not take_trial(connection, lane, now=now):
        return Claimed(stopped=lane.sentence)
    tried = _taken(connection, claimer, candidates, room=min(room, 1), now=now)
    if not tried.outgoing:
        give_trial_back(connection, lane)
    return replace(tried, outgoing=tuple(replace(each, trial=True) for each in tried.outgoing))


def _taken(
    connection: sa.Connection, claimer: Claimer, candidates: Sequence[Candidate], *, room: int, now: datetime
) -> Claimed:
    free = recipients.lock_free(connection, {each.address_hash for each in candidates})
    followed = follow(connection, to_them(connection, claimer.running, free, now=now), claimer.running)
    write_followed(connection, followed.moved)
    written = {each.send_id: each.written for each in candidates if each.written}
    claimed = _decide(connection, claimer, followed.rows, written, room=room, now=now)
    taken = frozenset(each.send_id for each in candidates if each.address_hash not in free)
    return replace(claimed, held=claimed.held | taken)


def _decide(
    connection: sa.Connection,
    claimer: Claimer,
    rows: Sequence[Row],
    written: Mapping[str, Written],
    *,
    room: int,
    now: datetime,
) -> Claimed:
    known = readers_of(connection, rows, claimer.running)
    verdicts = judged(connection, claimer, rows, known, now)
    moves = [ended(row, verdict) for row in rows if (verdict := verdicts[row["send_id"]])]
    anew(connection, rows, verdicts)
    able = [row for row in rows if verdicts[row["send_id"]] is None]
    untried = [row for row in able if row["first_intent_at"] is None]
    stale = [row for row in untried if _stale(row, known[row["send_id"]], written.get(row["send_id"]), claimer)]
    _discard(connection, stale, known, claimer)
    dropped = {row["send_id"] for row in stale}
    ready = {row["send_id"] for row in rows}
    chosen = paced(connection, claimer, able, known, stale=dropped, ready=ready, room=room, now=now)
    lease = leases.beat(connection, claimer.worker, now=now) + _lease(claimer)
    intents = [_intent(row, claimer, now, lease) for row in chosen.leaving]
    outgoing = _outgoing(connection, chosen.leaving, written, claimer)
    move(connection, [*moves, *chosen.moves], now=now)
    if move(connection, intents, now=now) < len(intents):
        outgoing = _begun(connection, outgoing, claimer)
    return Claimed(
        outgoing=outgoing,
        ended=Counter(str(each.to) for each in (*moves, *chosen.moves)),
        discarded=len(stale),
        held=frozenset(chosen.behind),
    )


def _stale(row: Row, known: Known, written: Written | None, claimer: Claimer) -> bool:
    """Say whether the texts, the facts or the address are no longer those the content was made from."""
    if row["address_hash"] != claimer.hash(known.person.address or ""):
        return True
    if written and written.is_content_of(row) and written.known == known:
        return False
    return str(row["rendered_from"]) != made_from(known, claimer.running)


def _discard(connection: sa.Connection, stale: Sequence[Row], known: Mapping[str, Known], claimer: Claimer) -> None:
    """Throw content away, to be rendered again; a message whose address changed moves under the new one's lock."""
    if not stale:
        return
    ids = [row["send_id"] for row in stale]
    connection.execute(sa.delete(message_content).where(message_content.c.send_id.in_(ids)))
    hashes = {row["send_id"]: claimer.hash(known[row["send_id"]].person.address or "") for row in stale}
    moved = [{"_id": row["send_id"], "_hash": hashes[row["send_id"]]} for row in stale]
    connection.execute(
        insert_missing(connection, recipient), [{"address_hash": each} for each in sorted(set(hashes.values()))]
    )
    again = (
        sa.update(message).where(message.c.send_id == sa.bindparam("_id")).values(address_hash=sa.bindparam("_hash"))
    )
    connection.execute(again, moved)


def _lease(claimer: Claimer) -> timedelta:
    """Return for how long nobody else touches what is claimed: longer than any request lasts."""
    return timedelta(seconds=claimer.provider.timeout) + START_WITHIN + _MARGIN


def _intent(row: Row, claimer: Claimer, now: datetime, lease: datetime) -> Move:
    also = {
        "attempt": row["attempt"] + 1,
        "first_intent_at": row["first_intent_at"] or now,
        "last_intent_at": now,
        "worker": claimer.worker.id,
        "lease_until": lease,
        "provider": claimer.provider.name,
    }
    return Move(send_id=row["send_id"], was=Status.QUEUED, to=Status.SENDING, attempt=row["attempt"], also=also)


def _begun(connection: sa.Connection, outgoing: Sequence[Outgoing], claimer: Claimer) -> tuple[Outgoing, ...]:
    """Leave out what somebody ended between being read and being claimed: what is too late ends without a lock."""
    mine = connection.execute(leases.held(claimer.worker))
    begun = {(row.send_id, row.attempt) for row in mine}
    return tuple(each for each in outgoing if (each.send_id, each.attempt) in begun)


def _outgoing(
    connection: sa.Connection, rows: Sequence[Row], written: Mapping[str, Written], claimer: Claimer
) -> tuple[Outgoing, ...]:
    contents = _contents(connection, rows, written)
    redirect = claimer.running.settings.redirect_to
    return tuple(
        Outgoing(
            send_id=row["send_id"],
            attempt=row["attempt"] + 1,
            envelope=redirected(envelope(row, contents[row["send_id"]]), redirect),
            address_hash=row["address_hash"],
            topic=row["topic"],
            doubts=row["doubts"],
        )
        for row in rows
    )


def _contents(
    connection: sa.Connection, rows: Sequence[Row], written: Mapping[str, Written]
) -> dict[str, Mapping[str, Any]]:
    """Return the stored contents of these messages, and read those that this worker has not just written."""
    mine = {
        row["send_id"]: own.content for row in rows if (own := written.get(row["send_id"])) and own.is_content_of(row)
    }
    rest = [row["send_id"] for row in rows if row["send_id"] not in mine]
    read = _CONTENTS.mappings(connection, {"ids": rest}) if rest else ()
    return mine | {each["send_id"]: each for each in read}


def envelope(row: Row | Mapping[str, str], content: sa.RowMapping | Mapping[str, Any]) -> Envelope:
    """Return stored content as it is handed to a provider, the same at every attempt."""
    address = policy.ascii_address(content["recipient"]) or content["recipient"]
    return Envelope(
        send_id=content["send_id"],
        sender=Mailbox.read(content["sender"]),
        recipient=Mailbox(address=address, name=content["recipient_name"] or ""),
        reply_to=Mailbox.read(content["reply_to"]) if content["reply_to"] else None,
        subject=content["subject"],
        text=content["text"],
        html=content["html"],
        date=content["rendered_at"],
        headers=content["headers"],
        topic=row["topic"],
        template=row["template"],
    )
