"""Clocks that are wrong, go backwards or leap, and days in which nothing ran."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from faults.cells import some
from faults.failpoints import CONNECTIONS
from faults.people import HOLD, RESEND, queue
from faults.places import KINDS, Kind, Place
from faults.processes import KILLED, send, start, wait
from faults.sinks import AFTER_ACCEPTANCE, CARRIERS, Carrier, sink
from faults.table import Row, counted
from sending import NOW, a_runtime

from engine.db import connect

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MESSAGES = 6


@dataclass(frozen=True, kw_only=True)
class Story:
    """What clock a worker had that was killed with requests open, and those of the workers that came after it."""

    name: str
    killed_at: datetime
    later: tuple[datetime, ...]
    queued_at: datetime = NOW


def _slow(name: str, by: timedelta) -> Story:
    """Tell of mail that was due even by a slow clock."""
    return Story(
        name=f"clock {name} slow, then killed",
        queued_at=NOW - 2 * DAY,
        killed_at=NOW - by,
        later=(NOW, NOW + 3 * HOUR),
    )


def _fast(name: str, by: timedelta) -> Story:
    """Tell of a lease that is over only by the clock of whoever was killed."""
    return Story(
        name=f"clock {name} fast, then killed", killed_at=NOW + by, later=(NOW, NOW + 3 * HOUR, NOW + 30 * HOUR)
    )


STORIES = (
    _slow("1 hour", HOUR),
    _fast("1 hour", HOUR),
    _slow("1 day", DAY),
    _fast("1 day", DAY),
    Story(
        name="clock goes back 1 day after a kill",
        killed_at=NOW,
        later=(NOW - DAY, NOW - DAY + 2 * HOUR, NOW + HOUR, NOW + 3 * HOUR),
    ),
    Story(name="2 days of downtime after a kill", killed_at=NOW, later=(NOW + 2 * DAY, NOW + 2 * DAY + 3 * HOUR)),
    Story(name="4 days of downtime after a kill", killed_at=NOW, later=(NOW + 4 * DAY, NOW + 4 * DAY + 3 * HOUR)),
)


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Live through each story over both databases and both providers."""
    for story, (kind, carrier) in some(product(STORIES, zip(KINDS, CARRIERS, strict=True)), full=full, every=5):
        yield lived_through(place, story, kind, carrier)


def lived_through(place: Place, story: Story, kind: Kind, carrier: Carrier) -> Row:
    """Kill a worker when the provider has taken a mail and not answered, let others go on, and count."""
    with place.database(kind) as url, sink(carrier, kills_at=AFTER_ACCEPTANCE) as other_end:
        engine = connect(url)
        queue(engine, a_runtime(), MESSAGES, now=story.queued_at, rules=(HOLD, RESEND))
        settings = {**other_end.settings, "connections": CONNECTIONS, "rate": 1000.0}
        doomed = start(send, url, settings, (story.killed_at,))
        other_end.victim = doomed.pid
        if wait(doomed) != KILLED:
            raise RuntimeError(f"{story.name}: nobody was killed")
        if wait(start(send, url, settings, story.later)) != 0:
            raise RuntimeError(f"{story.name}: who went on did not end well")
        row = counted(
            story.name,
            engine,
            other_end.accepted,
            kills=1,
            allowed=CONNECTIONS,
            allowed_twice=CONNECTIONS,
        )
        engine.dispose()
        return row
