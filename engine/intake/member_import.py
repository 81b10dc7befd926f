"""The import of members: read and set down, then stored membership by membership in the order of customers."""

from __future__ import annotations

from engine.clock import to_micros
from engine.intake import member_store
from engine.intake.job import Job
from engine.intake.member_rows import MemberReader, Membership, agreed
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.intake.staged import left_out, staged
from engine.intake.staging import StagedRow

_APART = "\x1f"


def import_members(job: Job) -> None:
    """Store who is in which account; several rows on one membership come to one, whatever their order."""
    reader = MemberReader(job.columns, job.border)

    def understand(record: Record) -> StagedRow:
        said = reader(record)
        if said.removed_at is not None and said.removed_at > to_micros(job.clock.now()):
            raise Refused(record, [("removed_at", "lies in the future; say it when it has happened")])
        return StagedRow(_APART.join(said.key), None, record.row, said, record.original)

    for groups in staged(job, understand):
        said = [agreed([Membership(*row.said) for row in rows]) for rows in groups]
        taken = member_store.store(job.engine, said, clock=job.clock, secret=job.border.secret)
        job.changed += taken.news
        left_out(job, taken, groups, whose=lambda row: Membership(*row.said).customer_id)
