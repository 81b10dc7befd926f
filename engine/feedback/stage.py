"""The stage: landed events become feedback, and what follows from it, in transactions of a batch each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine import consent, outbox, recipients
from engine.db import insert_missing, reading, written
from engine.feedback import clicks, consequences, raw
from engine.feedback.fact import Fact
from engine.feedback.heard import Heard, Kind
from engine.feedback.raw import Landed
from engine.feedback.report import Report
from engine.feedback.unknown import UNKNOWN, wonder
from engine.feedback.wishes import STATES
from engine.models.tables import feedback, message
from engine.settings import Settings

BATCH = 100
BATCHES = 100
"""How many batches one run takes at most, so that a run ends and a stop is heeded while events pour in."""
HEARD_BEFORE = "heard before"
DEFAULTS = Settings()


def run_once(engine: sa.Engine, *, now: datetime, settings: Settings = DEFAULTS) -> Report:
    """Understand what has landed: write feedback, suppress, note consent, and settle doubt.

    Events may come in any order and any number of times, and several processes may do this at once. Where all mail is
    redirected to one address nothing follows for the addresses that messages name, since nothing was sent there.
    """
    tally = Tally()
    for _ in range(BATCHES):
        with reading(engine) as connection:
            seen = raw.look(connection, BATCH)
        if not seen or _batch(engine, seen, settings, tally, now) < BATCH:
            break
    return tally.report()


@dataclass
class Tally:
    """A report while its run lasts."""

    kinds: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    suppressed: int = 0
    unknown: int = 0

    def report(self) -> Report:
        """Return what was counted."""
        kinds, settled = dict(self.kinds), dict(self.settled)
        return Report(kinds=kinds, suppressed=self.suppressed, settled=settled, unknown=self.unknown)


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What one batch came to."""

    taken: int
    fresh: Sequence[Fact]
    settled: Mapping[str, int]
    followed: Mapping[str, str]


def _batch(engine: sa.Engine, seen: Sequence[Landed], settings: Settings, tally: Tally, now: datetime) -> int:
    """Do what follows from one batch, as far as nobody else does; returns how many events that were."""
    done = written(engine, lambda connection: _do(connection, seen, settings, now))
    tally.kinds.update(str(each.kind) for each in done.fresh if each.known)
    tally.settled.update(done.settled)
    tally.suppressed += sum(what == consequences.SUPPRESSED for what in done.followed.values())
    tally.unknown += sum(not each.known for each in done.fresh)
    return done.taken


def _do(connection: sa.Connection, seen: Sequence[Landed], settings: Settings, now: datetime) -> _Done:
    secret = settings.secret.get_secret_value()
    landed = raw.take(connection, seen)
    outcomes = {each.event_id: each.says.outcome for each in landed if not isinstance(each.says, Heard)}
    facts = _facts(connection, [each for each in landed if isinstance(each.says, Heard)], secret)
    fresh = _fresh(connection, facts)
    outcomes |= {each.event_id: HEARD_BEFORE for each in facts} | {each.event_id: _outcome(each) for each in fresh}
    _write(connection, fresh)
    settled = outbox.hear(connection, _loudest(fresh), now=now)
    clicks.mark(connection, fresh)
    followed = {} if settings.redirect_to else consequences.follow(connection, fresh, secret=secret, now=now)
    outcomes |= {id_: f"{outcomes[id_]}: {what}" for id_, what in followed.items()}
    raw.done(connection, outcomes, now=now)
    wonder(connection, [each for each in fresh if not each.known], shared=settings.sendgrid_shared, now=now)
    return _Done(taken=len(landed), fresh=fresh, settled=settled, followed=followed)


def _facts(connection: sa.Connection, landed: Sequence[Landed], secret: str) -> tuple[Fact, ...]:
    """Join events to the messages they are about, once the addresses of those are locked: an erasure may come first.

    What a yes or no is about is locked with them, all in one step.
    """
    m = message.c
    wanted = {each.says.send_id for each in landed if isinstance(each.says, Heard)}
    if not wanted:
        return ()
    wishes = {each.says.send_id for each in landed if isinstance(each.says, Heard) and each.says.kind in STATES}
    found = connection.execute(sa.select(m.send_id, m.address_hash, m.recipient_id).where(m.send_id.in_(wanted))).all()
    who = {row.recipient_id for row in found if row.send_id in wishes}
    hashes = {row.address_hash for row in found if row.address_hash}
    recipients.lock(connection, hashes | consent.concerned(connection, who, secret=secret))
    columns = sa.select(m.send_id, m.recipient_id, m.address_hash, m.topic).where(m.send_id.in_(wanted))
    rows = {row["send_id"]: dict(row) for row in connection.execute(columns).mappings()}
    return tuple(_fact(each, each.says, rows.get(each.says.send_id)) for each in landed if isinstance(each.says, Heard))


def _fact(each: Landed, says: Heard, row: Mapping[str, Any] | None) -> Fact:
    return Fact(
        event_id=each.event_id,
        provider=each.provider,
        send_id=says.send_id,
        kind=says.kind,
        at=each.at,
        detail=says.detail,
        machine=says.machine,
        known=row is not None,
        address_hash=row["address_hash"] if row else None,
        customer_id=row["recipient_id"] if row else None,
        topic=row["topic"] if row else None,
    )


def _fresh(connection: sa.Connection, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Return the facts that are not there yet: an event whose raw form was forgotten may land again."""
    f = feedback.c.event_id
    ids = [each.event_id for each in facts]
    before = set(connection.scalars(sa.select(f).where(f.in_(ids)))) if ids else set()
    return tuple(each for each in facts if each.event_id not in before)


def _outcome(each: Fact) -> str:
    return str(each.kind) if each.known else UNKNOWN


def _write(connection: sa.Connection, fresh: Sequence[Fact]) -> None:
    if fresh:
        rows = [each.row() for each in sorted(fresh, key=lambda each: each.event_id)]
        connection.execute(insert_missing(connection, feedback), rows)


def _loudest(fresh: Sequence[Fact]) -> Mapping[str, str]:
    """Return one kind a message for the outbox to hear; that it was dropped counts where nothing else is said."""
    ordered = sorted(fresh, key=lambda each: each.kind is not Kind.DROPPED)
    return {each.send_id: str(each.kind) for each in ordered if each.known}
