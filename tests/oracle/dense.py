"""Dense histories by their seeds: played, and where one fails, told again as short as it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
def pool_of(seed: int) -> Pool:
    """Return the rules that some histories share."""
    return Pool(Random(seed), RULES_OF_A_POOL)  # noqa: S311 (no secret)


def play(seed: int, number: int, sides: Sides) -> int:
    """Play a history; returns how many rows it left. Raises AssertionError with its shortest story where it fails."""
    try:
        return once(seed, number, sides, STEPS)
    except AssertionError:
        once(seed, number, sides, *_shortest(seed, number, sides))
        raise


def once(seed: int, number: int, sides: Sides, steps: Iterable[int], rules: Collection[str] | None = None) -> int:
    """Play some steps of a history with some rules; returns how many rows it left. Raises AssertionError."""

    def chance(step: int) -> Random:
        return Random(f"{seed}.{number}.{step}")  # noqa: S311 (no secret)

    history = History(chance, pool_of(seed), [Side(*side) for side in sides], only=rules)
    history.play(steps)
    history.recheck()
    return sum(len(standing.rows) for standing in history.oracle.rules.values())


def _shortest(seed: int, number: int, sides: Sides) -> tuple[list[int], list[str]]:
    names = [versions[0].rule.name for versions in pool_of(seed).versions]

    def fails(steps: Iterable[int], rules: Collection[str]) -> bool:
        try:
            once(seed, number, sides, steps, rules)
        except AssertionError:
            return True
        return False

    rules = fewest(names, lambda some: fails(STEPS, some))
    return fewest(STEPS, lambda some: fails(some, rules)), rules
