"""Somebody says no, complains, is erased or moves to another address at each step of the way to a mail."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import sqlalchemy as sa
from faults.cells import some
from faults.places import KINDS, Place
from faults.places import Kind as DatabaseKind
from faults.processes import COMMITS, note_commits
from faults.table import Row, counted
from sending import HOUR, NOW, a_clock, a_runtime, add_customer, enroll, messages

from engine import consent, dispatch, feedback, outbox, privacy, suppression
from engine.db import connect, writing
from engine.hashing import address_hash
from engine.intake import ImportOptions, Kind, import_file
from engine.providers import Answer, Envelope
from engine.providers.memory import MemoryProvider
from engine.testing.sendgrid_events import an_event

SECRET = "test"
OLD = "ana@example.com"
INTENT, NO, REQUEST = "intent", "no", "request"
STEPS = ("before content", "rendered", "before intent", "claimed", REQUEST, "answered", "settled")
"""Two inside a transaction, the others between two commits; `request` is while the provider has the mail."""
_BLOCKED = 0.3
"""Seconds after which whoever says no inside of somebody else's transaction is taken to wait for its end."""


def _suppression(engine: sa.Engine) -> None:
    suppression.add(engine, OLD, secret=SECRET, reason="asked", now=NOW)


def _unsubscribe(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        consent.say(
            connection,
            customer_id="ana",
            address_hash=address_hash(OLD, SECRET),
            topic="tips",
            state="no",
            source="one-click",
            wording=None,
            secret=SECRET,
            now=NOW,
        )


def _complaint(engine: sa.Engine) -> None:
    earlier = next(row["send_id"] for row in messages(engine) if row["rule"] == "welcome")
    spam = an_event("spamreport", earlier, at=NOW)
    feedback.land(engine, [feedback.Raw(event_id="spam", provider="sendgrid", payload=spam)], now=NOW)
    feedback.run_once(engine, now=NOW)


def _erasure(engine: sa.Engine) -> None:
    privacy.begin(engine, "ana", secret=SECRET, provider=None, now=NOW, actor="op")


def _change_of_address(engine: sa.Engine) -> None:
    moved = io.BytesIO(b"id,email\nana,new@example.com\n")
    import_file(engine, Kind.CUSTOMERS, moved, clock=a_clock(), options=ImportOptions(secret=SECRET))


NOES: dict[str, Callable[[sa.Engine], None]] = {
    "suppression": _suppression,
    "unsubscribe": _unsubscribe,
    "complaint": _complaint,
    "erasure": _erasure,
    "change of address": _change_of_address,
}


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Let each no come at each step, on both databases."""
    for cell in some(product(NOES, STEPS, KINDS), full=full, every=9):
        yield racing(place, *cell)


def racing(place: Place, name: str, step: str, kind: DatabaseKind) -> Row:
    """Let a no come at one step of a mail; a request to the old address after the no has committed is late."""
    with place.database(kind) as url:
        engine = connect(url)
        add_customer(engine)
        provider = Racing(step=step, no=lambda: NOES[name](engine))
        _send_earlier(engine)
        enroll(engine, rule="tip")
        outbox.enqueue(engine, a_runtime(), now=NOW)
        sender = connect(url)
        note_commits(sender, COMMITS["before content"], lambda: provider.reached("before content", inside=True))
        note_commits(sender, COMMITS["before intent"], provider.intend)
        for at in (NOW, NOW + HOUR):
            dispatch.run_once(sender, a_runtime(), provider, clock=a_clock(at), signal=provider.reached)
        provider.end()
        sender.dispose()
        row = counted(f"{name} at each step", engine, provider.accepted, rules=("tip",), late=provider.late)
        engine.dispose()
        return row


def _send_earlier(engine: sa.Engine) -> None:
    enroll(engine, rule="welcome")
    outbox.enqueue(engine, a_runtime(), now=NOW)
    dispatch.run_once(engine, a_runtime(), MemoryProvider(), clock=a_clock())


class Racing(MemoryProvider):
    """A provider that lets a no come at one step, and writes down what came first.

    A no is written down after its commit and an intent before its own: where the no stands first, it was first.
    """

    def __init__(self, *, step: str, no: Callable[[], None]) -> None:
        super().__init__()
        self.step, self.no = step, no
        self.log: list[str] = []
        self.accepted: Counter[str] = Counter()
        self.thread: threading.Thread | None = None
        self.failures: list[BaseException] = []

    def reached(self, step: str, *, inside: bool = False) -> None:
        """Say no here, if this is the step; inside a transaction that may have to wait for its end."""
        if step != self.step or self.thread:
            return
        self.thread = threading.Thread(target=self._say_no)
        self.thread.start()
        self.thread.join(_BLOCKED if inside else None)

    def intend(self) -> None:
        """Write down an intent that is about to commit."""
        self.reached("before intent", inside=True)
        self.log.append(INTENT)

    async def send(self, envelope: Envelope) -> Answer:
        """Take a mail."""
        self.log.append(REQUEST if envelope.recipient.address == OLD else "request to the new address")
        self.reached(REQUEST)
        self.accepted[envelope.send_id] += 1
        return await super().send(envelope)

    def end(self) -> None:
        """Wait for whoever said no; raises what went wrong there, or where nobody did."""
        if self.thread is None:
            raise RuntimeError(f"nobody said no {self.step}")
        self.thread.join()
        if self.failures:
            raise self.failures[0]

    @property
    def late(self) -> int:
        """How many requests started whose intent was committed after the no."""
        after = self.log[self.log.index(NO) :]
        return after.count(REQUEST) if INTENT in after else 0

    def _say_no(self) -> None:
        try:
            self.no()
        except BaseException as error:  # noqa: BLE001 (raised again at the end)
            self.failures.append(error)
        self.log.append(NO)
