"""Yesterday's database is put back: a witness beside it notices, and whoever declares it lets sending go on."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from faults.crowds import Crowd, crowd
from faults.people import HOLD, RESEND
from faults.places import KINDS, Kind, Place, programs
from faults.processes import wait
from faults.table import Row, counted

from engine.db import reading
from engine.outbox.lanes import lanes

FULL, SHORT = 1_000, 40
"""Messages: all are sent, then forgotten by the database."""
ONCE = ("run", "--only", "dispatch", "--once")


def rows(place: Place, *, full: bool) -> Iterator[Row]:
    """Put back a database from before anything was sent, and declare it once that was noticed."""
    for kind in KINDS:
        yield from _restored(place, kind, FULL if full else SHORT)


def _restored(place: Place, kind: Kind, count: int) -> Iterator[Row]:
    with crowd(place, kind, messages=count) as working:
        back_up, put_back = _WAYS[kind]
        backup = working.folder / "lifecycle.backup"
        back_up(working, backup)
        _lifecycle(working, *ONCE)
        working.engine.dispose()
        put_back(working, backup)
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


def _copy_file(working: Crowd, to: Path) -> None:
    with closing(sqlite3.connect(_file(working))) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _put_file_back(working: Crowd, backup: Path) -> None:
    """Put the backup in the place of the database, as whoever restores one does while nothing runs."""
    database = _file(working)
    for suffix in ("", "-wal", "-shm"):
        database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
    backup.rename(database)


def _file(working: Crowd) -> Path:
    return Path(str(working.engine.url.database))


def _dump(working: Crowd, to: Path) -> None:
    _program("pg_dump", "--format=custom", f"--file={to}", _url(working))


def _load(working: Crowd, backup: Path) -> None:
    """Restore as docs/operations.md says."""
    _program("pg_restore", "--clean", "--if-exists", f"--dbname={_url(working)}", str(backup))


def _program(name: str, *arguments: str) -> None:
    subprocess.run([programs() / name, *arguments], check=True)


def _url(working: Crowd) -> str:
    return working.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _stopped(working: Crowd) -> bool:
    with reading(working.engine) as connection:
        return any(lane.stopped_at for lane in lanes(connection))


_WAYS = {"sqlite": (_copy_file, _put_file_back), "postgresql": (_dump, _load)}
