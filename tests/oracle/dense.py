"""Dense histories by their seeds: played, and where one fails, told again as short as it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import sqlalchemy as sa
from oracle.history import History, Side
from oracle.pool import Pool
from oracle.shrink import fewest

STEPS = range(1, 26)
IN_A_POOL = 6
RULES_OF_A_POOL = 8
Sides = Sequence[tuple[str, sa.Engine, bool]]


@lru_cache(maxsize=2)
def pool_of(seed: int, needed: frozenset[str] = frozenset()) -> Pool:
    """Return the rules that some histories share, all with the features that are needed, if any."""
    return Pool(Random(seed), RULES_OF_A_POOL, needed or None)  # noqa: S311 (no secret)


@dataclass(frozen=True, kw_only=True)
class Dense:
    """One dense history: the seed of its pool, its number there, and the features that its rules need."""

    seed: int
    number: int
    needed: frozenset[str] = frozenset()

    def play(self, sides: Sides) -> int:
        """Play it; returns how many rows it left. Raises AssertionError with its shortest story where it fails."""
        try:
            return self.once(sides)
        except AssertionError:
            self.once(sides, *self._shortest(sides))
            raise

    def once(self, sides: Sides, steps: Iterable[int] = STEPS, rules: Collection[str] | None = None) -> int:
        """Play some of its steps with some of its rules; returns how many rows it left. Raises AssertionError."""
        history = History(self._chance, self._pool, [Side(*side) for side in sides], only=rules)
        history.play(steps)
        history.recheck()
        return sum(len(standing.rows) for standing in history.oracle.rules.values())

    @property
    def _pool(self) -> Pool:
        return pool_of(self.seed, self.needed)

    def _chance(self, step: int) -> Random:
        return Random(f"{self.seed}.{self.number}.{step}")  # noqa: S311 (no secret)

    def _shortest(self, sides: Sides) -> tuple[list[int], list[str]]:
        names = [versions[0].rule.name for versions in self._pool.versions]

        def fails(steps: Iterable[int], rules: Collection[str]) -> bool:
            try:
                self.once(sides, steps, rules)
            except AssertionError:
                return True
            return False

        rules = fewest(names, lambda some: fails(STEPS, some))
        return fewest(STEPS, lambda some: fails(some, rules)), rules
