"""The whole process is killed at each step between two commits, and another process goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

from faults.cells import some
from faults.people import HOLD, RESEND, queue
from faults.places import KINDS, Kind, Place
from faults.processes import COMMITS, KILLED, SIGNALS, send, start, wait
from faults.sinks import AFTER_ACCEPTANCE, CARRIERS, MID_REQUEST, Carrier, sink
from faults.table import Row, counted
from sending import NOW, a_runtime

from engine.db import connect

FAILPOINTS = (
    "before content",
    "before intent",
    "after intent",
    MID_REQUEST,
    AFTER_ACCEPTANCE,
    "before settle",
    "after settle",
)
CONNECTIONS, MESSAGES = 2, 6
LATER = tuple(NOW + timedelta(hours=hours) for hours in (1, 3))
"""When others go on: after the silence of the dead one, and after every wait for another attempt."""
assert {*FAILPOINTS} == {*COMMITS, *SIGNALS, MID_REQUEST, AFTER_ACCEPTANCE}


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Kill at every failpoint, over both databases and both providers, with mail that is held or sent again."""
    for cell in some(product(FAILPOINTS, KINDS, CARRIERS, (HOLD, RESEND)), full=full, every=9):
        yield killed_at(place, *cell)


def killed_at(place: Place, failpoint: str, kind: Kind, carrier: Carrier, rule: str) -> Row:
    """Kill a process at a failpoint while it sends, let two more run later, and count."""
    with place.database(kind) as url, sink(carrier, kills_at=failpoint) as other_end:
        engine = connect(url)
        queue(engine, a_runtime(), MESSAGES, now=NOW, rules=(rule,))
        settings = {**other_end.settings, "connections": CONNECTIONS, "rate": 1000.0}
        doomed = start(send, url, settings, (NOW,), failpoint)
        other_end.victim = doomed.pid
        if wait(doomed) != KILLED:
            raise RuntimeError(f"nobody died {failpoint} ({kind}, {carrier})")
        if wait(start(send, url, settings, LATER)) != 0:
            raise RuntimeError(f"who went on after {failpoint} did not end well ({kind}, {carrier})")
        again = CONNECTIONS if rule == RESEND else 0
        name = f"killed {failpoint}, {'resend' if again else 'hold'}"
        row = counted(
            name, engine, other_end.accepted, kills=1, allowed=0 if again else CONNECTIONS, allowed_twice=again
        )
        engine.dispose()
        return row
