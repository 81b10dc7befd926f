"""The import of events: straight from the file into the log, batch by batch."""

from __future__ import annotations

from engine.intake import event_log
from engine.intake.event_rows import EventReader
from engine.intake.job import Job
from engine.intake.ordinals import Ordinals


def import_events(job: Job) -> None:
    """Store every event of a file that is not there yet."""
    reader = EventReader(job.columns, job.border, typed=job.source.format == "jsonl")
    with Ordinals() as ordinals:
        for rows in job.batches(reader):
            ids = event_log.identify(rows, ordinals)
            job.changed += event_log.store(job.engine, rows, ids, clock=job.clock)
