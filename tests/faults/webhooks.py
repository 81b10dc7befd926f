"""SendGrid's events come in any order, again and again, early, late or not at all, about mail in doubt."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import sqlalchemy as sa
from faults.cells import some
from faults.people import HOLD, queue
from faults.places import KINDS, Kind, Place
from faults.sinks import Sink, sink
from faults.table import Row, counted
from sending import HOUR, NOW, a_clock, a_runtime

from engine import dispatch, feedback, providers
from engine.db import connect, reading
from engine.models.tables import message
from engine.outbox import Status
from engine.testing.sendgrid import Reply
from engine.testing.sendgrid_events import an_event

MESSAGES, COPIES, POSTED = 24, 46, 40
ANSWERS = (Reply(does="reset", keeps=True), Reply(status=502, keeps=True), Reply(does="reset"), Reply())
"""Of four mails two are taken without a word, one is lost on the way, one is accepted."""
EARLY, LOST = "webhooks before the settle", "webhooks half lost"
Event = Mapping[str, Any]
Storm = Callable[[Sequence[Event], random.Random], list[Event]]


def _in_order(events: Sequence[Event], _chance: random.Random) -> list[Event]:
    return [*events]


def _permuted(events: Sequence[Event], chance: random.Random) -> list[Event]:
    return chance.sample(events, len(events))


def _repeated(events: Sequence[Event], chance: random.Random) -> list[Event]:
    return chance.sample([*events] * COPIES, len(events) * COPIES)


def _half_lost(events: Sequence[Event], chance: random.Random) -> list[Event]:
    return chance.sample(events, len(events) // 2)


STORMS: Mapping[str, Storm] = {
    "webhooks in order": _in_order,
    "webhooks permuted": _permuted,
    f"webhooks permuted, each {COPIES} times": _repeated,
    LOST: _half_lost,
    EARLY: _permuted,
}


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Let each storm come over both databases."""
    for name, kind in some(product(STORMS, KINDS), full=full, every=3):
        yield heard(place, name, kind)


def heard(place: Place, name: str, kind: Kind) -> Row:
    """Send over a line that loses answers, let the events come in, and count."""
    chance = random.Random(name)  # noqa: S311 (to be repeated, not to be secret)
    with place.database(kind) as url, sink("sendgrid") as other_end:
        engine = connect(url)
        queue(engine, a_runtime(), MESSAGES, now=NOW, rules=(HOLD,))
        other_end.begin(replies=ANSWERS * (MESSAGES // len(ANSWERS)))
        land = partial(_land, engine, other_end, STORMS[name], chance)

        def early(at: str) -> None:
            if at == "answered" and name == EARLY:
                land()

        running = a_runtime(**other_end.settings, connections=4, rate=1000.0)
        dispatch.run_once(engine, running, providers.make(running.settings), clock=a_clock(), signal=early)
        land()
        taken_in_doubt = _in_doubt(engine) & other_end.accepted.keys()
        if taken_in_doubt and name != LOST:
            raise RuntimeError(f"{name}: {len(taken_in_doubt)} that were taken are in doubt though all events are in")
        never = MESSAGES // len(ANSWERS) + len(taken_in_doubt)
        row = counted(name, engine, other_end.accepted, allowed=never)
        engine.dispose()
        return row


def _land(engine: sa.Engine, other_end: Sink, storm: Storm, chance: random.Random) -> None:
    """Land the events of all that was taken so far, and let the stage understand them."""
    taken = sorted(other_end.accepted)
    events = [an_event(kind, each, at=NOW + HOUR) for each in taken for kind in ("processed", "delivered", "open")]
    raw = [
        feedback.Raw(event_id=str(each["sg_event_id"]), provider="sendgrid", payload=each)
        for each in storm(events, chance)
    ]
    for start in range(0, len(raw), POSTED):
        feedback.land(engine, raw[start : start + POSTED], now=NOW)
    feedback.run_once(engine, now=NOW + HOUR)


def _in_doubt(engine: sa.Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(sa.select(message.c.send_id).where(message.c.status == Status.IN_DOUBT)))
