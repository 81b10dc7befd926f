"""What becomes of the moments of a subject that are judged together: enrolled, overtaken or expired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oracle.ledger import Moment, Standing

from engine.rules.model import ScheduleTrigger

Judged = tuple[Moment, int]
"""A moment and its time."""
Verdict = tuple[Moment, int, str]


def verdicts(standing: Standing, mine: list[Judged], now: int, late: int) -> Iterator[Verdict]:
    """Yield the verdict of each of a subject's moments."""
    bench = _Bench(standing=standing, now=now, late=late)
    yield from bench.ordinary(mine) if standing.backfill is None else bench.backfilled(mine)


@dataclass(frozen=True)
class _Bench:
    standing: Standing
    now: int
    late: int

    def ordinary(self, mine: list[Judged]) -> Iterator[Verdict]:
        alive = [moment for moment, at in mine if not self._expired(moment, at)]
        for moment, at in mine:
            later = self._later(moment, alive) or self._later_decided(moment)
            state = "overtaken" if later else "enrolled"
            yield moment, at, "expired" if self._expired(moment, at) else state

    def backfilled(self, mine: list[Judged]) -> Iterator[Verdict]:
        """Yield one mail at most; of the past nothing expires, and what is closed is left out."""
        past = [(moment, at) for moment, at in mine if at <= self.standing.live and not self._closed(moment)]
        since = [(moment, at) for moment, at in mine if at > self.standing.live]
        yield from ((moment, at, "expired") for moment, at in since if self._expired(moment, at))
        alive = past + [(moment, at) for moment, at in since if not self._expired(moment, at)]
        best = max((moment for moment, _ in alive), key=lambda one: (one.due, one.fact, one.offset), default=None)
        for moment, at in alive:
            last = moment is best and not self._later_decided(moment)
            yield moment, at, "enrolled" if last else "overtaken"

    @property
    def _series(self) -> bool:
        return isinstance(self.standing.rule.trigger, ScheduleTrigger)

    def _closed(self, moment: Moment) -> bool:
        return moment.closes is not None and self.now >= moment.closes

    def _expired(self, moment: Moment, at: int) -> bool:
        return at <= self.now - self.late or self._closed(moment)

    def _later(self, moment: Moment, others: Iterable[Moment]) -> bool:
        if self._series:
            return any(other.due > moment.due for other in others)
        return any(other.fact == moment.fact and other.offset > moment.offset for other in others)

    def _later_decided(self, moment: Moment) -> bool:
        return self._later(moment, (row.moment for row in self.standing.of(moment.subject)))
