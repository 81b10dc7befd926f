"""The import of consents: what people said elsewhere, into the log; what is said last holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from engine import consent, forgotten
from engine.clock import from_micros
from engine.consent import Said
from engine.db import writing
from engine.hashing import address_hash
from engine.intake.field_rows import read_fields
from engine.intake.job import Job
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.intake.taken import Taken
from engine.intake.topic_rows import topic_problems
from engine.models.tables import customer

SOURCE = "import"


class ConsentRow(NamedTuple):
    """What one row says a customer said; `row` is the line it begins on."""

    row: int
    customer_id: str
    said: Said


def import_consents(job: Job) -> None:
    """Write into the log what is not there yet; a no counts from the commit of its batch on."""
    for rows in job.batches(lambda record: _understand(record, job)):
        taken = _store(job, rows)
        job.changed += taken.news
        for row in rows if taken.erased else ():
            if refusal := taken.refusal(row.customer_id):
                job.leave_out(row.row, refusal)
        job.tell(job.source.counted.read_bytes)


def _understand(record: Record, job: Job) -> ConsentRow:
    said, problems = read_fields(record, job.columns, job.border)
    problems += topic_problems(said, job.topics, job.clock)
    if record.problem or problems:
        raise Refused(record, problems)
    at = said["at"]
    assert isinstance(at, int)
    told = Said(
        topic=str(said["topic"]),
        state="yes" if said["state"] else "no",
        at=from_micros(at),
        source=str(said.get("source", SOURCE)),
        wording=str(said["wording"]) if "wording" in said else None,
    )
    return ConsentRow(row=record.row, customer_id=str(said["customer_id"]), said=told)


def _store(job: Job, rows: Sequence[ConsentRow]) -> Taken:
    """Store a batch in one transaction; what was erased is not learned again."""
    ids, secret = {row.customer_id for row in rows}, job.border.secret
    with writing(job.engine) as connection:
        forgotten.hold_open(connection)
        gone = forgotten.erased_among(connection, ids, secret)
        wanted = [(row.customer_id, row.said) for row in rows if row.customer_id not in gone]
        addresses = dict(_addresses(connection, ids - gone, secret))
        return Taken(consent.tell(connection, wanted, addresses, now=job.clock.now()), gone)


def _addresses(connection: sa.Connection, ids: set[str], secret: str) -> Iterator[tuple[str, str]]:
    """Yield the keyed hash of the present address of each customer who has one."""
    chosen = sa.select(customer.c.id, customer.c.email).where(customer.c.id.in_(ids), customer.c.email.is_not(None))
    for id_, address in connection.execute(chosen):
        yield id_, address_hash(address, secret)
