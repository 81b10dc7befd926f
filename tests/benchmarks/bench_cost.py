"""Cost follows change: ten rules over up to 1,000,000 customers and 10,000,000 events, on SQLite and PostgreSQL.

    python tests/benchmarks/bench_cost.py [--sizes 10000 100000 1000000] [--databases sqlite postgresql]

First what no other program can disturb: instructions of SQLite's machine and the plans of both databases. Then times,
as ratios to statements written by hand that do the same work.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.cost_counting import Cost, cost
from benchmarks.cost_databases import CHANGES, databases
from benchmarks.cost_footprint import footprint
from benchmarks.cost_plans import faults
from benchmarks.cost_row_by_row import row_by_row
from benchmarks.cost_table import Row, show
from benchmarks.cost_timing import Pairs, full_passes, ticks

CHEAPER = {"sqlite": 1000.0, "postgresql": 200.0}
"""How many times a minute's tick must be cheaper than a pass over everybody by hand."""


def main() -> int:
    """Print the tables; return 1 where a target is missed."""
    asked = _options()
    missed = False
    for kind in asked.databases:
        with databases(kind, asked.sizes) as made:
            missed |= show(f"{kind}: plans", [_plans(size, engine) for size, engine in made.items()])
            if kind == "sqlite":
                missed |= show(f"{kind}: instructions", list(_counts(made)))
            missed |= show(f"{kind}: times", list(_times(kind, made)))
            missed |= show(f"{kind}: what a pass over everybody holds", list(_held(kind, made)))
            if kind == "sqlite":
                show("row by row, with the package rule-engine", [_row_by_row(made)])
    return int(missed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000, 1_000_000], help="customers")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    return parser.parse_args()


def _plans(size: int, engine: sa.Engine) -> Row:
    found = faults(engine)
    return Row(what=f"{size:,}: steps that read a whole table", value=len(found), target=0, note="; ".join(found))


def _counts(made: dict[int, sa.Engine]) -> Iterator[Row]:
    counted = {(size, change): cost(engine, change) for size, engine in made.items() for change in CHANGES}
    for (size, change), found in counted.items():
        share = found.counted / found.allowed
        yield Row(what=f"{size:,}: {change}, of what is allowed", value=share, unit="x", target=1.0, note=_spent(found))
    smallest = min(made)
    for (size, change), found in counted.items():
        growth = found.counted / counted[smallest, change].counted
        if size != smallest:
            yield Row(what=f"{size:,}: {change}, against {smallest:,}", value=growth, unit="x", target=1.1)


def _spent(found: Cost) -> str:
    on = f"{found.arms} arms, {found.candidates:,} candidates, {found.enrolled:,} enrolled"
    return f"{on}: find {found.find:,}, judge {found.judge:,}; beside {found.rest:,}"


def _times(kind: str, made: dict[int, sa.Engine]) -> Iterator[Row]:
    due = {size: ticks(engine, "an hour") for size, engine in made.items()}
    for size, pairs in due.items():
        yield _against(f"{size:,}: an hour's tick", pairs)
    if len(due) > 1:
        smaller, largest = sorted(due)[-2:]
        growth = median(due[largest].ours) / median(due[smaller].ours)
        yield Row(what=f"{largest:,}: an hour's tick, against {smaller:,}", value=growth, unit="x", target=1.5)
    largest = max(made)
    minute, everybody = ticks(made[largest], "a minute"), full_passes(made[largest])
    yield _against(f"{largest:,}: a pass over everybody", everybody)
    cheaper = median(everybody.theirs) / median(minute.ours)
    note = f"a tick takes {median(minute.ours) * 1000:.2f} ms"
    what = f"{largest:,}: a pass by hand, in ticks of a minute"
    yield Row(what=what, value=cheaper, unit="x", target=CHEAPER[kind], at_least=True, note=note)


def _held(kind: str, made: dict[int, sa.Engine]) -> Iterator[Row]:
    largest = max(made)
    found = footprint(made[largest])
    note = f"{found.idle:.0f} MB idle, {found.most:.0f} MB at the most"
    yield Row(what=f"{largest:,}: MB beside the idle process", value=found.growth, target=64, note=note)
    if kind == "sqlite":
        took = [seconds * 1000 for seconds in found.writing]
        note = f"{len(took):,} writes: at the least {min(took):.1f}, half of them below {median(took):.1f}"
        yield Row(what=f"{largest:,}: ms of the longest write lock", value=max(took), target=50, note=note)


def _row_by_row(made: dict[int, sa.Engine]) -> Row:
    largest = max(made)
    took = row_by_row(made[largest])
    note = f"a sample of {took.customers:,}; {largest:,} customers would take {took.seconds(largest):,.1f} s"
    return Row(what="evaluations a second", value=took.evaluations_a_second, note=note)


def _against(what: str, pairs: Pairs) -> Row:
    note = f"{pairs.rows:,} rows: {median(pairs.ours) * 1000:.1f} ms, by hand {median(pairs.theirs) * 1000:.1f} ms"
    return Row(what=f"{what}, against by hand", value=pairs.ratio, unit="x", target=1.5, note=note)


if __name__ == "__main__":
    sys.exit(main())
