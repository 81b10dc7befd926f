"""The import of events: from the file into the log, in batches of neighbouring customers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from operator import attrgetter

from engine.intake import event_log
from engine.intake.event_rows import EventReader, EventRow
from engine.intake.job import Job
from engine.intake.ordinals import Ordinals
from engine.intake.taken import Taken

WINDOW = 10
"""So many batches are read before they are stored in the order of customers: what lies together is written together."""


def import_events(job: Job) -> None:
    """Store every event of a file that is not there yet."""
    with Ordinals() as ordinals:
        for rows in _neighbours(job):
            ids = event_log.identify(rows, ordinals)
            taken = event_log.store(job.engine, rows, ids, clock=job.clock, secret=job.border.secret)
            job.changed += taken.news
            if taken.erased or taken.kept_from is not None:
                _refuse(job, rows, taken)


def _refuse(job: Job, rows: list[EventRow], taken: Taken) -> None:
    for row in rows:
        if refusal := taken.refusal(row.customer_id, row.at):
            job.leave_out(row.row, refusal)


def _neighbours(job: Job) -> Iterator[list[EventRow]]:
    """Yield batches of events by customer within a window of the file, and tell what has been stored of it."""
    read = job.batches(EventReader(job.columns, job.border, typed=job.source.format == "jsonl"))
    began = 0
    while window := list(chain.from_iterable(islice(read, WINDOW))):
        window.sort(key=attrgetter("customer_id"))
        bytes_read = job.source.counted.read_bytes
        for start in range(0, len(window), job.batch):
            yield window[start : start + job.batch]
            stored = min(start + job.batch, len(window)) / len(window)
            job.tell(began + round((bytes_read - began) * stored))
        began = bytes_read
