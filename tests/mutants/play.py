"""Plays dense histories with whatever engine is first on the path, until one fails.

Says as JSON how it ended: `caught` by the oracle, `survived` all, or `crashed` (then it was no plausible mutant), and
with which history, the first being 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection

from careless import careless
from oracle import dense

from engine.simulate.scratch import scratch

FIRST_SEED = 20_000


def main(first: int, limit: int, needed: Collection[str]) -> None:
    """Play the histories from number `first` up to `limit` by ticks, of rules with the features that are needed."""
    with scratch() as engine:
        sides = [("sqlite by ticks", careless(engine), False)]
        for played in range(first, limit):
            seed, number = divmod(played, dense.IN_A_POOL)
            told = dense.Dense(seed=FIRST_SEED + seed, number=number, needed=frozenset(needed))
            if ended := _ended(told, sides):
                sys.stdout.write(json.dumps([ended, played + 1]))
                return
    sys.stdout.write(json.dumps(["survived", limit]))


def _ended(told: dense.Dense, sides: dense.Sides) -> str:
    try:
        told.once(sides)
    except AssertionError:
        return "caught"
    except Exception as error:  # noqa: BLE001 (whatever a mutant runs into)
        sys.stderr.write(f"{type(error).__name__}: {error}"[:500])
        return "crashed"
    return ""


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
