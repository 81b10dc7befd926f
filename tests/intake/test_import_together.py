"""Imports at the same time: each of them whole, and the kept facts those of both."""

from __future__ import annotations

import io
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
from importing import STAMPS, START, Importer, without

from engine.clock import SetClock
from engine.intake import ImportOptions, ImportReport, Kind, import_file

CUSTOMERS = [f"c{number}" for number in range(15)]


def file(seed: int, kind: Kind) -> bytes:
    """A file about the same few customers as every other."""
    dice = random.Random(seed)  # noqa: S311 (an example, no secret)
    rows = [(dice.choice(CUSTOMERS), START - timedelta(hours=dice.randrange(2_000))) for _ in range(300)]
    if kind is Kind.EVENTS:
        lines = ["customer_id,at,name", *(f"{who},{at.isoformat()},{dice.choice('xy')}" for who, at in rows)]
    elif kind is Kind.MEMBERS:
        lines = ["customer_id,account_id", *(f"{who},a{at.hour}" for who, at in rows)]
    else:
        lines = ["id,plan,updated_at", *dict.fromkeys(f"{who},p{at.day},{at.date()}" for who, at in rows)]
    return "\n".join(lines).encode()


def run(database: sa.Engine, kind: Kind, content: bytes) -> ImportReport:
    """Import in small batches, so that transactions meet."""
    stream = io.BytesIO(content)
    return import_file(database, kind, stream, clock=SetClock(START), options=ImportOptions(), batch=20)


def test_imports_at_the_same_time_come_to_what_they_come_to_in_turn(importer: Importer) -> None:
    """Four files about the same customers at once leave the same log, kept facts and members as one after another."""
    jobs = [(Kind.EVENTS, 1), (Kind.EVENTS, 2), (Kind.MEMBERS, 3), (Kind.CUSTOMERS, 4)]
    with ThreadPoolExecutor(len(jobs)) as threads:
        reports = list(threads.map(lambda job: run(importer.database, job[0], file(job[1], job[0])), jobs))
    assert [report.rejected for report in reports] == [0, 0, 0, 0]
    together = without(importer.contents(), STAMPS)
    importer.clear()
    for kind, seed in jobs:
        run(importer.database, kind, file(seed, kind))
    assert without(importer.contents(), STAMPS) == together
