"""The import of customers and accounts: read and set down, then settled subject by subject in the order of ids."""

from __future__ import annotations

from collections.abc import Iterator

from engine.intake import fact_store
from engine.intake.fact_rows import FactReader, Facts, Statement
from engine.intake.job import Job
from engine.intake.knowledge import Reading
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.intake.staged import left_out, staged
from engine.intake.staging import StagedRow
from engine.intake.subject_tables import SUBJECTS, trait_types

CONTRADICTS = "another row of this file says otherwise of the same id and time; keep one, or give each its updated_at"


def import_facts(job: Job) -> None:
    """Store what a file says of customers or accounts; rows of one subject count in the order of their times."""
    reader = FactReader(job.columns, job.border)
    table = SUBJECTS[job.columns.kind]
    types = trait_types(tuple(job.columns.traits.values()), table.subject)
    reading = Reading(types=types, border=job.border)

    def understand(record: Record) -> StagedRow:
        said = reader(record)
        return StagedRow(said.id, said.at, record.row, said.facts, record.original)

    for groups in staged(job, understand):
        statements = [statement for rows in groups for statement in _agreed(rows, job)]
        taken = fact_store.store(
            job.engine, table, statements, reading=reading, clock=job.clock, secret=job.border.secret
        )
        job.changed += taken.news
        left_out(job, taken, groups, whose=lambda row: row.key)


def _agreed(rows: list[StagedRow], job: Job) -> Iterator[Statement]:
    """Yield the statements of rows on one subject, and refuse all those that contradict each other."""
    heard: dict[int | None, Facts] = {}
    quarrels: dict[int | None, set[str]] = {}
    for row in rows:
        before = heard.setdefault(row.at, {})
        quarrels.setdefault(row.at, set()).update(n for n, v in row.said.items() if before.setdefault(n, v) != v)
    for row in rows:
        if quarrels[row.at]:
            columns = job.columns.named(quarrels[row.at] & row.said.keys())
            job.rejects.add(Refused(Record(row.row, (), row.original), [("; ".join(columns), CONTRADICTS)]))
        else:
            yield Statement(row.key, row.at, row.said)
