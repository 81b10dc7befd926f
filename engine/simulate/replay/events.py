"""The log of the live database as a replay reads it: forward in time, each event once, name by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from engine.db import reading
from engine.intake.event_rows import EventRow
from engine.models.tables import event
from engine.simulate.replay.pages import PAGE, Row, page, plain

AHEAD = 50_000
"""About so many events are read ahead, of all names together."""
FEWEST = 50
_ROW = event.c
_KEYS = [plain(_ROW.at), _ROW.customer_id, _ROW.id]


class Happened(NamedTuple):
    """An event as the log of the scratch takes it: of its properties only what rules compare."""

    row: EventRow
    id: str


class Log:
    """The events up to an instant, in microseconds; `take` moves on."""

    def __init__(self, live: sa.Engine, until: int) -> None:
        names = _names(live)
        size = min(PAGE, max(FEWEST, AHEAD // max(len(names), 1)))
        self._streams = [_Stream(live, name, until, size) for name in names]

    def take(self, until: int) -> Iterator[list[Happened]]:
        """Yield the events that were not taken yet and happened at or before an instant, some at a time."""
        waiting = (each for stream in self._streams for each in stream.take(until))
        while some := list(islice(waiting, PAGE)):
            yield some


class _Stream:
    """The events of one name, a page of them read ahead."""

    def __init__(self, live: sa.Engine, name: str, until: int, size: int) -> None:
        keys = sa.cast(_ROW["keys"], sa.Text)
        self._live, self._name, self._size = live, name, size
        self._chosen = sa.select(*_KEYS, keys).where(_ROW.name == name, plain(_ROW.at) <= until)
        self._ahead: deque[Row] = deque()
        self._last: Row | None = None
        self._ended = False

    def take(self, until: int) -> Iterator[Happened]:
        while self._filled() and self._ahead[0][0] <= until:
            at, customer_id, id_, keys = self._ahead.popleft()
            yield Happened(EventRow(customer_id, id_, self._name, at, None, keys), id_)

    def _filled(self) -> bool:
        if not self._ahead and not self._ended:
            self._ahead.extend(page(self._live, self._chosen, _KEYS, self._last, self._size))
            self._ended = len(self._ahead) < self._size
            self._last = self._ahead[-1] if self._ahead else None
        return bool(self._ahead)


def _names(live: sa.Engine) -> list[str]:
    """Return the names of all events, found by skipping along the index."""
    found: list[str] = []
    with reading(live) as connection:
        chosen = sa.select(sa.func.min(_ROW.name))
        while (name := connection.execute(chosen).scalar()) is not None:
            found.append(name)
            chosen = sa.select(sa.func.min(_ROW.name)).where(_ROW.name > name)
    return found
