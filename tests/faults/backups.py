"""Yesterday's database is put back: a witness beside it notices, and whoever declares it lets sending go on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from faults.crowds import Crowd, crowd
from faults.people import HOLD, RESEND
from faults.places import Place
from faults.processes import wait
from faults.table import Row, counted

from engine.db import reading
from engine.outbox.lanes import lanes

FULL, SHORT = 1_000, 40
"""Messages: all are sent, then forgotten by the database."""
ONCE = ("run", "--only", "dispatch", "--once")


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Put back a SQLite database from before anything was sent, and declare it once that was noticed."""
    count = FULL if full else SHORT
    with crowd(place, "sqlite", messages=count) as working:
        database = Path(str(working.engine.url.database))
        _copy(database, database.with_suffix(".backup"))
        _lifecycle(working, *ONCE)
        _put_back(working, database)
        _lifecycle(working, *ONCE, well=False)
        if working.taken() != count or not _stopped(working):
            raise RuntimeError("nobody noticed that the database was put back")
        made = (working.now() - timedelta(days=1)).isoformat()
        _lifecycle(working, "db", "restored", "--from", made, "--yes")
        _lifecycle(working, *ONCE)
        accepted = working.accepted()
        for rule, name in ((HOLD, "hold"), (RESEND, "resend")):
            again = count // 2 if rule == RESEND else 0
            scenario = f"yesterday's database restored, {name}"
            yield counted(
                scenario, working.engine, accepted, allowed=count // 2 - again, allowed_twice=again, rules=(rule,)
            )


def _lifecycle(working: Crowd, *arguments: str, well: bool = True) -> None:
    """Run a command to its end."""
    if (wait(working.run(*arguments)) == 0) is not well:
        raise RuntimeError(f"lifecycle {' '.join(arguments)} ended {'badly' if well else 'well'}")


def _copy(path: Path, to: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _put_back(working: Crowd, database: Path) -> None:
    """Put the backup in the place of the database, as whoever restores one does while nothing runs."""
    working.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
    database.with_suffix(".backup").rename(database)


def _stopped(working: Crowd) -> bool:
    with reading(working.engine) as connection:
        return any(lane.stopped_at for lane in lanes(connection))
