"""Tries every fault, prints one table and fails where a message was lost or sent twice: `make faults`.

    python tests/faults/run.py [--only NAME ...] [--short]

A full run writes its table into docs/faults.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults import failpoints, random_kills, transport
from faults.places import Place, postgres
from faults.table import Row

Family = Callable[..., Iterator[Row]]
FAMILIES: Mapping[str, Family] = {
    "failpoints": failpoints.rows,
    "random": random_kills.rows,
    "transport": transport.rows,
}


def main() -> int:
    asked = _options()
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        place = Place(folder=Path(folder), server=server)
        import time

        t = time.monotonic()
        for name in asked.only or FAMILIES:
            for row in FAMILIES[name](place, full=not asked.short):
                print(row.cells, row.broken, round(time.monotonic() - t, 1), flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*FAMILIES], help="families to run; nothing is written then")
    parser.add_argument("--short", action="store_true", help="the form that `make test` runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
