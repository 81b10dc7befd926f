"""A turn of the sender: what was answered is settled and what may start now is claimed, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.db import deciding
from engine.outbox.claim import Claimed, attest, claim_within
from engine.outbox.due import Candidate
from engine.outbox.judging import Claimer
from engine.outbox.restored import alarm
from engine.outbox.settle import Answered, settle, settle_within
from engine.witness import Restored


@dataclass(frozen=True, kw_only=True)
class Turned:
    """How many messages were settled to each status, and what was claimed."""

    settled: Mapping[str, int] = field(default_factory=dict)
    claimed: Claimed = field(default_factory=Claimed)


def turn(
    engine: sa.Engine,
    claimer: Claimer,
    answers: Sequence[Answered],
    candidates: Sequence[Candidate],
    *,
    room: int,
    now: datetime,
) -> Turned:
    """Settle these answers, then claim at most `room` of what is due to the recipients of these candidates.

    Both or neither are written: where it fails, the answers are still to be settled. Once it returns, the intents are
    committed and witnessed outside the database; in one that was restored nothing is claimed, and all sending stops.
    """
    name, claimed = claimer.provider.name, Claimed()
    try:
        with deciding(engine) as connection:
            settled = settle_within(connection, claimer.running, answers, provider=name, now=now)
            if candidates:
                claimed = claim_within(connection, claimer, candidates, room=room, now=now)
    except Restored:
        settled = settle(engine, claimer.running, answers, provider=name, now=now)
        return Turned(settled=settled, claimed=Claimed(stopped=alarm(engine, name, now=now)))
    attest(claimer, claimed, now=now)
    return Turned(settled=settled, claimed=claimed)
