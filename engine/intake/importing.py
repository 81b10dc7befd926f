"""An import from its first byte to its report."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from engine.clock import Clock
from engine.errors import UsageError
from engine.intake.consent_import import import_consents
from engine.intake.event_import import import_events
from engine.intake.fact_import import import_facts
from engine.intake.fields import Kind
from engine.intake.job import BATCH, Job
from engine.intake.mapping import columns
from engine.intake.member_import import import_members
from engine.intake.records import records
from engine.intake.rejects import Rejects
from engine.intake.report import ImportOptions, ImportReport, Progress
from engine.intake.source import Format, Source, opened
from engine.intake.suppression_import import import_suppressions
from engine.values import Border

RARELY = 100_000
_IMPORTS: dict[Kind, Callable[[Job], None]] = {
    Kind.CUSTOMERS: import_facts,
    Kind.ACCOUNTS: import_facts,
    Kind.MEMBERS: import_members,
    Kind.EVENTS: import_events,
    Kind.CONSENTS: import_consents,
    Kind.SUPPRESSIONS: import_suppressions,
}


def import_file(
    engine: sa.Engine,
    kind: Kind,
    source: Path | BinaryIO,
    *,
    clock: Clock,
    options: ImportOptions | None = None,
    rejects_path: Path | None = None,
    format: Format | None = None,  # noqa: A002 (what it is called everywhere)
    progress: Progress | None = None,
    batch: int = BATCH,
) -> ImportReport:
    """Import a file, or a binary stream such as standard input, in batches of one short transaction each.

    Interrupted, it leaves whole batches in; importing again completes it. Rows that cannot be taken go to
    `rejects_path` (default: beside the file). Raises UsageError for an input or a mapping that cannot be, and
    DatabaseError where the database cannot be written.
    """
    chosen = options or ImportOptions()
    with opened(source, format) as read:
        found = records(read)
        plan = columns(
            kind, found, mapping=chosen.mapping, event_name=chosen.event_name, traits=chosen.traits, name=read.name
        )
        with Rejects(_rejects_path(kind, source, read, rejects_path), found) as rejects:
            job = Job(
                engine=engine,
                clock=clock,
                border=_border(chosen),
                source=read,
                found=found,
                columns=plan,
                rejects=rejects,
                progress=progress,
                batch=batch,
                topics=chosen.topics,
            )
            with _settled_heap():
                _IMPORTS[kind](job)
        return job.report()


@contextmanager
def _settled_heap() -> Iterator[None]:
    """Spare the collector most of its walks: rows come and go in millions and make no cycles."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(RARELY, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _border(options: ImportOptions) -> Border:
    return Border(
        zone=options.time_zone,
        currency=options.currency,
        hash_addresses=options.allow_address_ids,
        secret=options.secret,
    )


def _rejects_path(kind: Kind, source: Path | BinaryIO, read: Source, wanted: Path | None) -> Path:
    beside = source if isinstance(source, Path) else Path(f"{kind}.{read.format}")
    path = wanted or beside.with_name(f"{beside.stem}.rejects{beside.suffix or '.csv'}")
    if isinstance(source, Path) and path.absolute() == source.absolute():
        raise UsageError(f"{path} would be overwritten by its own rejects; name another file with --rejects")
    return path
