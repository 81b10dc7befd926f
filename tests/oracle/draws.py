"""What things happen, and which values are said: drawn at random, but often where the answer of a rule turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from oracle import invent
from oracle.almanac import strikes, utc_day
from oracle.edges import Edges, Field
from oracle.world import DAY, HOUR, SECOND, World

from engine.clock import from_micros
from engine.facts import FactType

STEPS = (0, 10 * SECOND, HOUR // 2, HOUR // 2, HOUR, HOUR, 4 * HOUR, 9 * HOUR, 24 * HOUR, 61 * HOUR)
BACK = (10 * SECOND, HOUR // 2, 5 * HOUR, 26 * HOUR)
LEAP = 4 * DAY
"""How far the clock leaps ahead to an edge."""
TRIES = 12
KINDS: dict[Field, FactType] = {(fact.subject, fact.name): fact.type for fact in invent.FACTS}
KINDS |= {("customer", "time_zone"): FactType.TEXT, ("account", "time_zone"): FactType.TEXT}
KEPT: Field = ("customer", "last_seen_at")
WHOLE: Field = ("account", "renewals")
"""A number of which the intake takes no fraction, so that the databases keep none."""
SAID = sorted({*KINDS} - {KEPT})
FAR_DAYS = (date(2024, 2, 29), date(2025, 12, 31), date(2025, 1, 31), date(2020, 2, 29))


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Draws from chance what comes next in a world, when it is `now`."""

    rng: Random
    world: World
    edges: Edges
    start: date
    now: int

    def kind(self) -> str:
        """Return what happens: an event, something said of a fact, or somebody joins or leaves an account."""
        edges = self.edges
        weights = {"event": 3 if edges.events else 1, "fact": 3 if edges.values else 1, "link": 1 + edges.accounts}
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def field(self) -> Field:
        """Return the field that somebody says a value of; mostly one that a live rule reads."""
        read = sorted(set(self.edges.values) - {KEPT})
        return self.rng.choice(read if read and self.rng.random() < 0.75 else SAID)

    def event_name(self) -> str:
        """Return what somebody does; mostly what a live rule asks about."""
        asked = sorted(self.edges.events)
        return self.rng.choice(asked if asked and self.rng.random() < 0.6 else invent.EVENTS)

    def event_at(self) -> int:
        """Return when somebody did something: now or before, often at an instant or a length that matters."""
        rng = self.rng
        kind = rng.choice(["grid", "grid", "edge", "tie"])
        if kind == "grid":
            return self._grid(*rng.choice([(0, 1), (-4, 1), (-60, 1), (-150, 1)]))
        if kind == "edge":
            return self.now - self._length()
        return rng.choice([at for at in self._instants() if at <= self.now] or [self.now])

    def keys(self) -> dict[str, Any]:
        """Return the properties of an event; each may be missing or of another type."""
        rng, keys = self.rng, dict[str, Any]()
        for name in rng.sample(["plan", 'plän "x"'], rng.choice([0, 1, 2])):
            keys[name] = rng.choice([*(word.casefold() for word in invent.WORDS), 2, True])
        if rng.random() < 0.7:
            keys["amount"] = rng.choice([0.5, 1, 2, 2.5, "2", False])
        return keys

    def value(self, where: Field) -> Any:  # noqa: ANN401 (each type has its own)
        """Return what is said of a field; None where it is missing from now on."""
        kind = KINDS[where]
        if self.rng.random() < 0.15:
            return None
        compared = sorted(value for value in self.edges.values.get(where, ()) if where != WHOLE or value % 1 == 0)
        if compared and self.rng.random() < 0.3:
            return self.rng.choice(compared)
        if where in self.edges.rounds and self.rng.random() < 0.7:
            day = self._come_round()
            return day if kind is FactType.DATE else utc_day(day) + self.rng.randrange(48) * (HOUR // 2)
        return self._zone() if where[1] == "time_zone" else self._value(where)

    def _value(self, where: Field) -> Any:  # noqa: ANN401 (each type has its own)
        ways: dict[FactType, Callable[[], Any]] = {
            FactType.TIME: lambda: self._instant(where[1]),
            FactType.DATE: self._day,
            FactType.TEXT: lambda: self.rng.choice(invent.WORDS),
            FactType.BOOLEAN: lambda: self.rng.choice([True, False]),
            FactType.NUMBER: lambda: self.rng.choice([0, 1, 2, 3]),
        }
        return ways[KINDS[where]]()

    def _zone(self) -> str:
        return self.rng.choice(invent.ZONES)

    def _come_round(self) -> date:
        """Return a day of which an anniversary is near."""
        day = from_micros(self.now).date() + timedelta(days=self.rng.randrange(-2, 5))
        return self.rng.choice([_earlier(day, self.rng), _earlier(day, self.rng), self.rng.choice(FAR_DAYS)])

    def _instant(self, name: str) -> int:
        rng = self.rng
        kind = rng.choice(["grid", "grid", "edge", "tie"])
        if kind == "edge":
            return self.now + rng.choice([-1, 1]) * (self._length() + rng.choice([0, 0, HOUR, 9 * HOUR]))
        if kind == "tie":
            return rng.choice(self._instants() or [self.now])
        year = rng.choice([0, 0, 0, 365, 31, 730]) if name in {"signed_up_at", "kickoff_at", "demo_at"} else 0
        return self._grid(-100, 100) - year * DAY

    def _day(self) -> date:
        rng, day = self.rng, self.start + timedelta(days=self.rng.randrange(-4, 9))
        if rng.random() < 0.4:
            today = from_micros(self.now).date()
            return today + rng.choice([-1, 1]) * timedelta(days=self._length() // DAY + rng.choice([0, 0, 1, 2]))
        return rng.choice([day, day, _earlier(day, rng), rng.choice(FAR_DAYS)])

    def next_tick(self) -> int:
        """Return when the next tick is: mostly later, at times at the very instant at which something turns."""
        rng = self.rng
        if rng.random() < 0.08:
            return self.now - rng.choice([*BACK, self._length()])
        if rng.random() < 0.4:
            return self._strike() if self.edges.hours and rng.random() < 0.4 else self._turn()
        return self.now + rng.choice(STEPS)

    def _turn(self) -> int:
        """Return an instant at which something that is known comes to a length, or to two in turn; or a full hour."""
        known = self._instants()
        for _ in range(TRIES if known else 0):
            at = self.rng.choice(known) + self._length() + self.rng.choice([0, self._length()])
            if self.now < at <= self.now + LEAP:
                return at
        return -(-(self.now + 1) // HOUR) * HOUR

    def _strike(self) -> int:
        """Return when an hour that matters strikes next in some zone."""
        zone, hour = self._zone(), self.rng.choice(sorted(self.edges.hours))
        days = (from_micros(self.now).date() + timedelta(days=number) for number in range(-1, 4))
        return next(at for day in days if (at := strikes(zone, day, hour)) > self.now)

    def _length(self) -> int:
        return self.rng.choice(sorted(self.edges.lengths))

    def _instants(self) -> list[int]:
        """Return the instants that matter to somebody."""
        events = {event.at for events in self.world.events.values() for event in events}
        times = {where for where, kind in KINDS.items() if kind is FactType.TIME}
        return sorted({*events, *self._said(times)})

    def _said(self, fields: Iterable[Field]) -> set[int]:
        held = (self.world.value((kind, id_), name) for kind, name in fields for id_ in self.world.ids(kind))
        return {value for value in held if value is not None}

    def _grid(self, low: int, high: int) -> int:
        return self.now // (HOUR // 2) * (HOUR // 2) + self.rng.randrange(low, high) * (HOUR // 2)


def _earlier(day: date, rng: Random) -> date:
    """Return a day of an earlier month or year with the same number."""
    year, month = day.year - rng.choice([0, 1, 2]), rng.choice([day.month, max(day.month - 1, 1)])
    return date(year, month, min(day.day, 28) if month == 2 else min(day.day, 30))
