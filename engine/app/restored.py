"""A database that was put back from a backup: who notices, and what is declared about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from engine import outbox, witness
from engine.app.opened import App
from engine.app.rules import running_rules
from engine.db import reading, writing
from engine.errors import UsageError
from engine.outbox.lanes import RESTORED, lanes, start
from engine.releases.origin import author
from engine.settings import Settings
from engine.witness import Span, Witness

log = structlog.get_logger("lifecycle")


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """A span that the database has lost, and how many waiting messages may have been sent in it."""

    span: Span
    suspects: tuple[str, ...]


@contextmanager
def witnessed(app: App) -> Iterator[Witness | None]:
    """Open a witness for this process and give it back afterwards; None, with a warning, where no file can be kept."""
    try:
        found = witness.opened(app.database, state_folder(app.settings))
    except OSError as error:
        log.warning("no witness: nobody here would notice a restored database", reason=str(error))
        yield None
        return
    try:
        yield found
    finally:
        found.close()


def state_folder(settings: Settings) -> Path:
    """Return where the workers of this host keep their witnesses."""
    return Path(settings.workspace) / settings.state_folder


def restoration(app: App, from_at: datetime | None) -> Restoration:
    """Return what declaring a restoration would mean; nothing is changed.

    Raises UsageError where the database does not know since when it is wrong, and it is not told, and where that is yet
    to come.
    """
    with reading(app.database) as connection:
        since = from_at or witness.last_known(connection)
        if since is None:
            raise UsageError("this database knows of no mail; say with --from when its backup was made")
        span = Span(from_at=since, until_at=app.clock.now())
        if from_at and from_at > span.until_at:
            raise UsageError("--from lies in the future; say when the backup was made")
        return Restoration(span=span, suspects=outbox.suspects(connection, span))


def declare(app: App, found: Restoration) -> Mapping[str, int]:
    """Declare a restoration and let sending go on; returns how many messages are in doubt, and sent once more.

    What became a message since it was found is suspect too.
    """
    by, rules = author(), running_rules(app).rules
    with writing(app.database) as connection:
        witness.declare(connection, found.span, by=by)
    with reading(app.database) as connection:
        suspects = outbox.suspects(connection, found.span)
    counts = outbox.doubt(app.database, rules, suspects, now=app.clock.now())
    with writing(app.database) as connection:
        names = [lane.name for lane in lanes(connection) if lane.reason == RESTORED]
        start(connection, names, by=by, now=app.clock.now())
    return counts
