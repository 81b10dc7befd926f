"""What the oracle keeps: moments, rows of the ledger, stays, and where each rule stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from oracle.world import DAY, SECOND, Owner

from engine.rules.model import Rule

OVERLAP = 30 * SECOND
LONG_AGO = -(2**62)


def micros(length: timedelta) -> int:
    """Return a duration in microseconds."""
    return round(length.total_seconds() * 1_000_000)


def code(offset: timedelta) -> str:
    """Return how a key writes an offset."""
    size = micros(offset)
    for unit, length in (("d", DAY), ("h", DAY // 24), ("m", DAY // 1440), ("s", SECOND)):
        if size % length == 0:
            return f"{'-' if size < 0 else '+'}{abs(size) // length}{unit}"
    raise AssertionError(offset)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One moment of one subject."""

    subject: Owner
    fact: str
    offset: int
    code: str
    due: int
    arrived: int
    closes: int | None = None
    began: int | None = None
    ended: int | None = None
    anchor: int | None = None
    event_id: str | None = None

    @property
    def key(self) -> str:
        """The occurrence."""
        return f"{self.fact}/{self.code}"


@dataclass
class Row:
    """A row of the ledger."""

    moment: Moment
    state: str
    at: int


@dataclass
class Episode:
    """One stay in what a `becomes` rule describes; `entered` is None where its beginning was not seen."""

    number: int
    entered: int | None
    lasts: bool = True


@dataclass
class Standing:
    """Where a rule stands; `anew` until it was evaluated once after its trigger went live."""

    rule: Rule
    activated: dict[str, int]
    watermark: int
    backfill: tuple[int | None] | None = None
    stands_for: dict[str, list[int]] = field(default_factory=dict)
    rows: dict[tuple[Owner, str], Row] = field(default_factory=dict)
    stays: dict[Owner, list[Episode]] = field(default_factory=lambda: defaultdict(list))
    anew: bool = True

    @property
    def live(self) -> int:
        """When it went live: what falls due later is no past."""
        return min(self.activated.values())

    def of(self, subject: Owner) -> list[Row]:
        """Return the rows of a subject."""
        return [row for (whose, _), row in self.rows.items() if whose == subject]
