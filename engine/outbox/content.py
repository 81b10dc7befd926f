"""Content: what a message says, rendered once when its time has come, outside any transaction (commit 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.db import insert_missing, reading, writing
from engine.errors import LifecycleError
from engine.models.tables import message, message_content, rule_state
from engine.outbox.facts import MESSAGES, Row, events_of, moment_of, readers_of
from engine.outbox.headers import headers, links, who_writes
from engine.outbox.judging import Claimer, ended, judged
from engine.outbox.running import Running, send_of
from engine.outbox.states import Move, Status, move
from engine.policy import Wait
from engine.subjects import Known, context

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A message that is due and has content, and the recipient whose lock it needs."""

    send_id: str
    address_hash: str


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Due messages in the order in which they leave, and what preparing them did."""

    candidates: tuple[Candidate, ...] = ()
    rendered: int = 0
    moves: tuple[Move, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages ended because they can have no content, by status."""
        return Counter(str(each.to) for each in self.moves)


@dataclass(frozen=True, kw_only=True)
class _Unwritten:
    """A message that can have no content, and why."""

    row: Row
    reason: str


def prepare(engine: sa.Engine, claimer: Claimer, *, now: datetime, limit: int = BATCH) -> Prepared:
    """Render what is due and has no content yet, and return what is ready to be claimed."""
    running = claimer.running
    with reading(engine) as connection:
        rows = connection.execute(due(running, now).limit(limit)).mappings().all()
        bare = [row for row in rows if row["rendered_from"] is None]
        known = readers_of(connection, bare, running) if bare else {}
        happened = events_of(connection, bare, running) if bare else {}
    made = [_made(row, known.get(row["send_id"]), happened.get(row["send_id"], {}), running, now) for row in bare]
    contents = [each for each in made if isinstance(each, dict)]
    unwritten = [each for each in made if isinstance(each, _Unwritten)]
    moves: list[Move] = []
    if made:
        with writing(engine) as connection:
            if contents:
                connection.execute(insert_missing(connection, message_content), contents)
            moves = _ends(connection, claimer, unwritten, known, now)
            move(connection, moves, now=now)
    gone = {each.row["send_id"] for each in unwritten}
    ready = (row for row in rows if row["send_id"] not in gone)
    return Prepared(
        candidates=tuple(Candidate(send_id=row["send_id"], address_hash=row["address_hash"]) for row in ready),
        rendered=len(contents),
        moves=tuple(moves),
    )


def _ends(
    connection: sa.Connection,
    claimer: Claimer,
    unwritten: Sequence[_Unwritten],
    known: Mapping[str, Known],
    now: datetime,
) -> list[Move]:
    """Ask of what cannot be rendered whether it is still wanted: only then has it failed."""
    verdicts = judged(connection, claimer, [each.row for each in unwritten], known, now)
    moves = []
    for each in unwritten:
        verdict = verdicts[each.row["send_id"]]
        if not isinstance(verdict, Wait):
            moves.append(ended(each.row, verdict) if verdict else _failed(each))
    return moves


def _failed(each: _Unwritten) -> Move:
    row, reason = each.row, f"cannot be rendered: {each.reason}"
    return Move(send_id=row["send_id"], was=Status.QUEUED, to=Status.FAILED, attempt=row["attempt"], reason=reason)


def due(running: Running, now: datetime) -> sa.Select[Any]:
    """Return the messages whose time has come, the most urgent first; those of paused rules and newer releases wait."""
    paused = sa.select(rule_state.c.rule).where(rule_state.c.paused_at.is_not(None))
    chosen = MESSAGES.where(
        message.c.status == Status.QUEUED,
        message.c.not_before <= now,
        message.c.rule.not_in(paused),
    )
    if running.release_id:
        chosen = chosen.where(message.c.release_id <= running.release_id)
    return chosen.order_by(message.c.priority.desc(), message.c.not_before, message.c.send_id)


def _made(
    row: Row, known: Known | None, happened: Mapping[str, Any], running: Running, now: datetime
) -> dict[str, Any] | _Unwritten:
    """Return a message's content, or why there can be none."""
    if known is None or not known.person.address:
        return _Unwritten(row=row, reason="nobody to write to")
    rule = running.rules.rules.get(row["rule"])
    if rule is None or row["fact"] is None or send_of(rule, row["send"]) is None:
        return _Unwritten(row=row, reason="the rule has no such moment any more")
    try:
        return render(row, known, happened, running, now)
    except LifecycleError as error:
        return _Unwritten(row=row, reason=str(error))


def render(row: Row, known: Known, happened: Mapping[str, Any], running: Running, now: datetime) -> dict[str, Any]:
    """Return a message's content as a row; raises LifecycleError where it cannot be rendered."""
    rule = running.rules.rules[row["rule"]]
    topic = running.rules.topics[row["topic"]]
    send = send_of(rule, row["send"])
    by = who_writes(topic, running.library.brand)
    zone = known.zone(running.settings.time_zone)
    printed = context(
        known,
        moment=moment_of(row, rule, known, happened, now=now, zone=zone),
        values=send.values if send else {},
        links=links(topic, by),
        zone=zone,
    )
    content = running.library.render(row["template"], known.language(running.settings.locale), printed)
    return {
        "send_id": row["send_id"],
        "sender": str(by.sender),
        "reply_to": str(by.reply_to) if by.reply_to else None,
        "recipient": known.person.address,
        "recipient_name": known.person.display_name or None,
        "subject": content.subject,
        "html": content.html,
        "text": content.text,
        "language": content.language,
        "headers": dict(headers(topic, by, send_id=row["send_id"], template=row["template"])),
        "facts": known.fingerprint,
        "rendered_at": now,
    }
