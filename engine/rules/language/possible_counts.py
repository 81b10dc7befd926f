"""Whether tests of how often things were done leave any counts at all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from engine.rules.model import DidTest, PropertyTest

Goal = tuple[DidTest, bool]
MOST_WAYS = 64
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Which events are counted; an event of a frame is also one of every frame around it."""

    event: str | None
    within: timedelta | None
    since_trigger: bool
    where: frozenset[PropertyTest]

    def inside(self, other: Frame) -> bool:
        """Return whether each event that is counted here is counted there."""
        return (
            other.event in {None, self.event}
            and (other.within is None or (self.within is not None and self.within <= other.within))
            and (self.since_trigger or not other.since_trigger)
            and other.where <= self.where
        )


def counts_agree(goals: Sequence[Goal]) -> bool:
    """Return whether some counts satisfy the tests as wanted; of many ways the answer is yes."""
    frames = [_frame(test) for test, _ in goals]
    ways = [_ranges(test, wanted=wanted) for test, wanted in goals]
    if math.prod(map(len, ways)) > MOST_WAYS:
        return True
    return any(_feasible(zip(frames, way, strict=True)) for way in product(*ways))


def _frame(test: DidTest) -> Frame:
    return Frame(event=test.event, within=test.within, since_trigger=test.since_trigger, where=frozenset(test.where))


def _ranges(test: DidTest, *, wanted: bool) -> list[Range]:
    """Return the ranges of counts in which a test has the truth that is wanted."""
    least, most = test.at_least or 0, math.inf if test.at_most is None else test.at_most
    if test.negated is not wanted:
        return [(least, most)]
    outside = [(0, least - 1), (most + 1, math.inf)]
    return [(low, high) for low, high in outside if low <= high and low < math.inf]


def _feasible(ranges: Iterable[tuple[Frame, Range]]) -> bool:
    """Return whether counts lie in their ranges, none of a frame more than those of a frame around it."""
    bounds = list(ranges)
    return all(low <= high for frame, (low, _) in bounds for other, (_, high) in bounds if frame.inside(other))
