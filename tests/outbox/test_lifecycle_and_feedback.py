"""The life of messages while their provider tells of them: before the answer, after it, twice, or never."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from outbox.test_lifecycle import Outbox, drive
from sending import messages
from telling import hear

from engine.outbox import Outgoing, Status
from engine.providers import Outcome
from engine.testing.sendgrid_events import an_event

DROPPED, BOUNCED, COMPLAINED = "dropped", "bounce", "spamreport"
KINDS = ("processed", DROPPED, "deferred", "delivered", BOUNCED, "blocked", "open", "click", COMPLAINED)
OVER_WHEN_HAD = {Status.QUEUED, Status.SENDING, Status.IN_DOUBT}
OVER_WHEN_DROPPED = {Status.QUEUED, Status.IN_DOUBT}


class Heard(Outbox):
    """As before, and a provider that tells what became of mail."""

    @precondition(lambda self: self.heard or self.open or self.before)
    @rule(data=st.data(), kind=st.sampled_from(KINDS), times=st.integers(1, 3))
    def the_provider_tells(self, data: st.DataObject, kind: str, times: int) -> None:
        """A message it had is sent, one that it dropped has failed; a no that comes with it holds at once."""
        tried = [row for row in messages(self.engine) if row["attempt"]]
        if not tried:
            return
        row = data.draw(st.sampled_from(tried))
        self.events += 1
        event = an_event(kind, row["send_id"], at=self.now, number=self.events)
        for _ in range(times):
            hear(self.engine, event, now=self.now)
        had = kind != DROPPED
        over = Status(row["status"]) in (OVER_WHEN_HAD if had else OVER_WHEN_DROPPED)
        if had or row["send_id"] not in self.heard:
            self.heard[row["send_id"]] = Status.SENT if had else Status.FAILED
        means = Status.SENT if had else Status.FAILED
        assert self.row(row["send_id"])["status"] == (means if over else row["status"])
        if kind in {BOUNCED, COMPLAINED}:
            self.suppressed.add(row["address_hash"])

    def answered(self, each: Outgoing, outcome: Outcome, wait: int) -> None:
        """An answer that leaves it unknown asks what was heard; every other one counts as it did."""
        row = self.row(each.send_id)
        waits = row["attempt"] == each.attempt and row["status"] in {Status.SENDING, Status.IN_DOUBT}
        if outcome is not Outcome.UNKNOWN or each.send_id not in self.heard or not waits:
            super().answered(each, outcome, wait)
            return
        self.open.remove(each)
        self.settle(each, outcome)
        assert self.row(each.send_id)["status"] == self.heard[each.send_id]


def test_any_sequence_of_events_and_feedback(database: sa.Engine) -> None:
    """Whatever is told, and whenever, no promise is broken, and nothing that was told of stays in doubt."""
    drive(Heard, database)
