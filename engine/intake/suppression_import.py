"""The import of suppressions: addresses that another system does not write to any more."""

from __future__ import annotations

from collections.abc import Sequence

from engine import suppression
from engine.clock import from_micros
from engine.db import writing
from engine.hashing import address_hash
from engine.intake.field_rows import read_fields
from engine.intake.job import Job
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.intake.topic_rows import topic_problems
from engine.policy import ANY_TOPIC
from engine.suppression import Suppressed

REASON, SOURCE = "imported", "import"


def import_suppressions(job: Job) -> None:
    """Suppress every address of a file; one that is suppressed already stays as it is."""
    now = job.clock.now()

    def understand(record: Record) -> Suppressed:
        said, problems = read_fields(record, job.columns, job.border)
        problems += topic_problems(said, job.topics, job.clock)
        if record.problem or problems:
            raise Refused(record, problems)
        at, address = said.get("at"), str(said["address"])
        return Suppressed(
            address_hash=address_hash(address, job.border.secret),
            address=address,
            scope=str(said.get("topic", ANY_TOPIC)),
            reason=str(said.get("reason", REASON)),
            source=SOURCE,
            at=from_micros(at) if isinstance(at, int) else now,
        )

    for rows in job.batches(understand):
        job.changed += _store(job, rows)
        job.tell(job.source.counted.read_bytes)


def _store(job: Job, rows: Sequence[Suppressed]) -> int:
    with writing(job.engine) as connection:
        return suppression.put_all(connection, rows, actor=SOURCE, now=job.clock.now())
