"""Mails a second from queued to settled, by one worker, beside a pipeline written by hand and what others do.

    python tests/benchmarks/bench_sending.py [--databases sqlite postgresql] [--pairs 7] [--count 1000]

Sinks, workers and the others are processes of their own. Those that are compared take turns, so that a busy machine
slows both: a ratio is the middle one of its turns, and mails a second are those of the middle turn.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.cost_table import Row, show
from benchmarks.sending_company import MAILS
from benchmarks.sending_queues import Queue, queues
from benchmarks.sending_turns import (
    SINKS,
    Turns,
    memory,
    turns_with_hand,
    turns_with_loop,
    turns_with_post_office,
    two_workers,
)

BY_HAND = 0.8
LOOP = {"sendgrid over TLS": 5.0, "sendgrid after 30 ms": 25.0}
POST_OFFICE, TWO_WORKERS, MEGABYTES = 3.0, 1.6, 20.0
SMALL, LARGE = 10_000, 500_000


def main() -> int:
    """Print the table; return 1 where a floor is missed."""
    asked = _options()
    missed = show("one worker, from queued to settled", (row for kind in asked.databases for row in _rows(kind, asked)))
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    sys.stdout.write(f"\n{os.cpu_count()} processors for worker, sink and database together; load {load}\n")
    return int(missed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--mails", nargs="+", default=MAILS, choices=MAILS)
    parser.add_argument("--sinks", nargs="+", default=SINKS, choices=SINKS)
    parser.add_argument("--pairs", type=int, default=7, help="turns of each comparison")
    parser.add_argument("--count", type=int, default=1_000, help="mails a turn")
    parser.add_argument(
        "--queued", nargs=2, type=int, default=[SMALL, LARGE], help="queues whose memory is compared; 0: none"
    )
    return parser.parse_args()


def _rows(kind: str, asked: argparse.Namespace) -> Iterator[Row]:
    with queues(kind) as new:
        for mails in asked.mails:
            queue = new(asked.count, mails)
            for sink in asked.sinks:
                _say(f"{kind}: {mails} to {sink}")
                yield from _beside_hand(queue, sink, asked.pairs)
                if kind == "sqlite" and mails == "30 rules":
                    yield from _beside_others(queue, sink, asked.pairs)
        if kind == "postgresql":
            yield from _two(queue, asked.pairs)
        elif asked.queued[0]:
            yield _flat([new(count, "one mail") for count in asked.queued])


def _beside_hand(queue: Queue, sink: str, pairs: int) -> Iterator[Row]:
    turns = turns_with_hand(queue, sink, pairs)
    what = f"{queue.kind}, {queue.mails}, {sink}"
    yield Row(what=what, value=turns.ratio, unit="x", target=BY_HAND, at_least=True, note=_rates(turns, "by hand"))
    yield Row(
        what="  microseconds of processor a mail",
        value=turns.figures["processor"] * 1e6 / queue.count,
        note=f"by hand {turns.figures['their processor'] * 1e6 / queue.count:.0f}",
    )
    yield Row(
        what="  statements for 100 mails",
        value=turns.figures["statements"] * 100 / queue.count,
        note=f"{turns.figures['rows'] * 100 / queue.count:.0f} with each row of those for many",
    )
    yield Row(what="  connections to the provider", value=turns.figures["connections"], target=turns.connections)
    yield Row(what="  templates compiled while sending", value=turns.figures["compiled"], target=0)


def _beside_others(queue: Queue, sink: str, pairs: int) -> Iterator[Row]:
    what = f"{queue.kind}, {queue.mails}, {sink}"
    if sink in LOOP:
        turns = turns_with_loop(queue, sink, pairs)
        note = _rates(turns, "a loop with SendGridAPIClient", f"ours over {turns.connections}")
        yield Row(what=what, value=turns.ratio, unit="x", target=LOOP[sink], at_least=True, note=note)
    else:
        turns = turns_with_post_office(queue, sink, pairs)
        note = _rates(turns, "django-post_office")
        yield Row(what=what, value=turns.ratio, unit="x", target=POST_OFFICE, at_least=True, note=note)


def _two(queue: Queue, pairs: int) -> Iterator[Row]:
    for connections, target in ((8, TWO_WORKERS), (32, None)):
        _say(f"{queue.kind}: two workers with {connections} connections each")
        turns = two_workers(queue, connections, pairs)
        what = f"two workers, {connections} connections each, after 30 ms"
        note = _rates(turns, "one", "two")
        yield Row(what=what, value=turns.ratio, unit="x", target=target, at_least=True, note=note)


def _flat(made: list[Queue]) -> Row:
    few, many = made
    _say(f"memory beside {few.count:,} and {many.count:,} queued")
    small, large = memory(few), memory(many)
    note = f"{small:.0f} MB beside {few.count:,} queued, {large:.0f} MB beside {many.count:,}"
    return Row(what="MB more beside a long queue", value=large - small, target=MEGABYTES, note=note)


def _rates(turns: Turns, theirs: str, ours: str = "ours") -> str:
    return f"{ours} {turns.our_rate:,.0f} a second, {theirs} {turns.their_rate:,.0f}"


def _say(where: str) -> None:
    sys.stderr.write(f"{where} ...\n")


if __name__ == "__main__":
    sys.exit(main())
