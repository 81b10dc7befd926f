"""The stored past, lived again up to one instant after the other in a scratch database.

Between two instants everything that happened goes through the intake's own stores at once, as if it were imported at
the later one; then its stamps are set back to when it happened. So the kept facts are the intake's at every instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from engine.clock import SetClock, to_micros
from engine.db import reading
from engine.facts import Trait
from engine.intake import event_log
from engine.models.tables import account, customer, event, fact_change
from engine.rules.sql.stored import NEVER
from engine.simulate.replay import assumptions, stamps, told
from engine.simulate.replay.assumptions import Assumed
from engine.simulate.replay.events import Happened, Log
from engine.simulate.replay.facts import Telling


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How much was lived again."""

    events: int
    changes: int
    customers: int
    accounts: int


class Replay:
    """Replays what a live database holds into an empty scratch database, up to `until` at most.

    The live database is read page by page, in short transactions. `traits` are the declared facts, `zone` is the
    workspace's.
    """

    def __init__(
        self, live: sa.Engine, scratch: sa.Engine, *, until: datetime, traits: Sequence[Trait], zone: str
    ) -> None:
        self._scratch = scratch
        self._at = NEVER
        told.copy(live, scratch)
        assumptions.assume(scratch)
        self._log = Log(live, to_micros(until))
        self._telling = Telling(scratch, traits, zone)

    def advance(self, to: datetime) -> None:
        """Let everything happen that happened at or before an instant and was not replayed yet."""
        since, self._at = self._at, to_micros(to)
        self._telling.tell(since, self._at)
        for happened in self._log.take(self._at):
            self._happen(happened, to, since)

    def _happen(self, happened: Sequence[Happened], to: datetime, since: int) -> None:
        rows, ids = [each.row for each in happened], [each.id for each in happened]
        event_log.store(self._scratch, rows, ids, clock=SetClock(to), secret="")
        stamps.of_events(self._scratch, {row.customer_id for row in rows}, since=since, stamp=self._at)

    def assumed(self, start: datetime, until: datetime) -> tuple[Assumed, ...]:
        """Return the facts whose value had to be assumed for part of a time."""
        return assumptions.assumed(self._scratch, start, until)

    def replayed(self) -> Replayed:
        """Return how much was replayed until now."""
        counts = (sa.select(sa.func.count()).select_from(each) for each in (event, fact_change, customer, account))
        with reading(self._scratch) as connection:
            events, changes, customers, accounts = (connection.execute(each).scalar_one() for each in counts)
        return Replayed(events=events, changes=changes, customers=customers, accounts=accounts)
