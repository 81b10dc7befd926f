"""Imports that read all of a file first: its rows set down on disk, then stored in the order of what they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from engine.intake.job import Job
from engine.intake.records import Record
from engine.intake.staging import StagedRow, Staging
from engine.intake.taken import Taken


def staged(job: Job, understand: Callable[[Record], StagedRow]) -> Iterator[list[list[StagedRow]]]:
    """Yield the rows of a file by their keys, some keys at a time; reading counts as half of the way."""
    with Staging() as staging:
        rows = 0
        for batch in job.batches(understand):
            staging.add(batch)
            rows += len(batch)
            job.tell(job.source.counted.read_bytes // 2)
        stored = 0
        for groups in staging.groups(job.batch):
            yield groups
            stored += sum(map(len, groups))
            job.tell(round(job.source.counted.read_bytes * (1 + stored / rows) / 2))


def left_out(job: Job, taken: Taken, groups: Iterable[list[StagedRow]], *, whose: Callable[[StagedRow], str]) -> None:
    """Count as rejected the rows that were left out; `whose` names a row's customer."""
    for row in chain.from_iterable(groups) if taken.erased else ():
        if refusal := taken.refusal(whose(row)):
            job.leave_out(row.row, refusal)
