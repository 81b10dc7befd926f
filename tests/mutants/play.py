"""Plays dense histories with whatever engine is first on the path, until one fails.

Says as JSON how it ended: `caught` by the oracle, `survived` all, or `crashed` (then it was no plausible mutant), and
after how many histories.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack

from careless import careless
from oracle import dense

from engine.simulate.scratch import scratch

FIRST_SEED = 20_000


def main(limit: int) -> None:
    """Play up to `limit` histories on two SQLite databases, one by ticks and one by full passes."""
    with ExitStack() as stack:
        sides = [
            (f"sqlite by {name}", careless(stack.enter_context(scratch())), name == "full passes")
            for name in ("ticks", "full passes")
        ]
        for played in range(limit):
            seed, number = divmod(played, dense.IN_A_POOL)
            if ended := _ended(FIRST_SEED + seed, number, sides):
                sys.stdout.write(json.dumps([ended, played + 1]))
                return
    sys.stdout.write(json.dumps(["survived", limit]))


def _ended(seed: int, number: int, sides: dense.Sides) -> str:
    try:
        dense.once(seed, number, sides, dense.STEPS)
    except AssertionError:
        return "caught"
    except Exception as error:  # noqa: BLE001 (whatever a mutant runs into)
        sys.stderr.write(f"{type(error).__name__}: {error}"[:500])
        return "crashed"
    return ""


if __name__ == "__main__":
    main(int(sys.argv[1]))
