"""The import of consents: what people said elsewhere, into the log; what is said last holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from engine import consent
from engine.clock import Clock, from_micros
from engine.consent import Said
from engine.db import writing
from engine.hashing import address_hash
from engine.intake.field_rows import read_fields
from engine.intake.job import Job
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.intake.topic_rows import topic_problems
from engine.models.tables import customer

Row = tuple[str, Said]
SOURCE = "import"


def import_consents(job: Job) -> None:
    """Write into the log what is not there yet; a no counts from the commit of its batch on."""

    def understand(record: Record) -> Row:
        said, problems = read_fields(record, job.columns, job.border)
        problems += topic_problems(said, job.topics, job.clock)
        if record.problem or problems:
            raise Refused(record, problems)
        at = said["at"]
        assert isinstance(at, int)
        return str(said["customer_id"]), Said(
            topic=str(said["topic"]),
            state="yes" if said["state"] else "no",
            at=from_micros(at),
            source=str(said.get("source", SOURCE)),
            wording=str(said["wording"]) if "wording" in said else None,
        )

    for rows in job.batches(understand):
        job.changed += _store(job.engine, rows, secret=job.border.secret, clock=job.clock)
        job.tell(job.source.counted.read_bytes)


def _store(engine: sa.Engine, rows: Sequence[Row], *, secret: str, clock: Clock) -> int:
    with writing(engine) as connection:
        addresses = dict(_addresses(connection, {customer_id for customer_id, _ in rows}, secret))
        return consent.tell(connection, rows, addresses, now=clock.now())


def _addresses(connection: sa.Connection, ids: set[str], secret: str) -> Iterator[tuple[str, str]]:
    """Yield the keyed hash of the present address of each customer who has one."""
    chosen = sa.select(customer.c.id, customer.c.email).where(customer.c.id.in_(ids), customer.c.email.is_not(None))
    for id_, address in connection.execute(chosen):
        yield id_, address_hash(address, secret)
