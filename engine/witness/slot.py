"""Slots: small files outside the database, one a worker, each held by a lock for the life of its process."""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.clock import EPOCH, from_micros, to_micros

_LINE = re.compile(rb"([0-9a-f]{32}) (\d{20}) (\d{20})\n")
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a file says: its id, the sequence that was written last into the database, and when."""

    id: str
    sequence: int
    at: datetime


@dataclass(kw_only=True)
class Slot:
    """A file that no other process has; it is given back by closing it, or by the end of the process."""

    path: Path
    kept: Kept
    _file: int

    def write(self, sequence: int, at: datetime) -> None:
        """Keep a sequence. It outlives the process at once; a power cut may set it back, which alarms nobody."""
        self.kept = Kept(id=self.kept.id, sequence=sequence, at=at)
        os.pwrite(self._file, f"{self.kept.id} {sequence:020d} {to_micros(at):020d}\n".encode(), 0)

    def close(self) -> None:
        """Let another worker have it."""
        os.close(self._file)


def take(folder: Path, database_id: str) -> Slot:
    """Return the first slot of a database that nobody has, made where all are taken; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        path = folder / f"witness-{database_id}-{number}"
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _locked(file):
            known = _read(os.pread(file, _LONGEST, 0))
            return Slot(path=path, kept=known or Kept(id=uuid.uuid4().hex, sequence=0, at=EPOCH), _file=file)
        os.close(file)
    raise AssertionError


def kept(folder: Path, database_id: str) -> tuple[Kept, ...]:
    """Return what all slots of a database say, those of other workers too."""
    read = (_read(path.read_bytes()) for path in sorted(folder.glob(f"witness-{database_id}-*")))
    return tuple(each for each in read if each)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(text: bytes) -> Kept | None:
    """Return what was written; a new slot, or one that somebody spoiled, says nothing."""
    found = _LINE.fullmatch(text)
    return Kept(id=found[1].decode(), sequence=int(found[2]), at=from_micros(int(found[3]))) if found else None
