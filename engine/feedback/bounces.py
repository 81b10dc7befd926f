"""Mail that came back over SMTP: read from a Maildir or an mbox, and landed like every other raw event."""

from __future__ import annotations

import hashlib
import mailbox
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa
import structlog

from engine.errors import SettingsError
from engine.feedback.landing import Raw, land, storable

PROVIDER = "smtp"
KEPT = 256 * 1024
"""How many bytes of a mail are kept: what a server says stands before the mail that it returns."""
_AT_ONCE = 50
log = structlog.get_logger("lifecycle")


class Bounces:
    """A folder of bounces; what was read stays known to the database, so that nothing counts twice.

    A mail in a Maildir moves from `new` to `cur` once it is stored, and an mbox is left as it is, its mails known by
    their hashes. A process that is killed in between reads again what it had, and changes nothing by that.
    """

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._unchanged: tuple[int, int] | None = None

    def read(self, *, now: datetime) -> int:
        """Land what is new; returns how many mails that were. Raises SettingsError where there is no such mailbox."""
        try:
            if (self._path / "new").is_dir():
                return self._maildir(now)
            if self._path.is_file():
                return self._mbox(now)
        except OSError as error:
            raise SettingsError(f"bounces: {self._path} cannot be read ({error.strerror or error})") from None
        raise SettingsError(
            f"bounces: {self._path} is neither a Maildir (a folder with new/ and cur/) nor an mbox file"
        )

    def _maildir(self, now: datetime) -> int:
        done = self._path / "cur"
        done.mkdir(exist_ok=True)
        count = 0
        files = iter(sorted((self._path / "new").iterdir()))
        while part := list(islice(files, _AT_ONCE)):
            found = {file: _raw(content) for file in part if (content := _content(file)) is not None}
            count += land(self._engine, found.values(), now=now)
            for file in found:
                _move(file, done)
        return count

    def _mbox(self, now: datetime) -> int:
        with closing(mailbox.mbox(self._path, create=False)) as box:
            try:
                box.lock()
            except mailbox.ExternalClashError:
                log.info("the mbox of bounces is locked by another program; it is read at the next time")
                return 0
            try:
                return self._changed(box, now)
            finally:
                box.unlock()

    def _changed(self, box: mailbox.mbox, now: datetime) -> int:
        """Read a locked mbox, unless it is as it was."""
        stat = self._path.stat()
        if self._unchanged == (stat.st_mtime_ns, stat.st_size):
            return 0
        count = self._land((box.get_bytes(key) for key in box.keys()), now)  # noqa: SIM118 (it is no mapping)
        self._unchanged = (stat.st_mtime_ns, stat.st_size)
        return count

    def _land(self, contents: Iterable[bytes], now: datetime) -> int:
        rest = map(_raw, contents)  # of a large mail no more than what is kept stays in memory
        count = 0
        while part := list(islice(rest, _AT_ONCE)):
            count += land(self._engine, part, now=now)
        return count


def _raw(content: bytes) -> Raw:
    digest = hashlib.sha256(content).hexdigest()
    payload = storable({"message": content[:KEPT].decode("latin-1")})
    return Raw(event_id=f"bounce-{digest}", provider=PROVIDER, payload=payload)


def _content(file: Path) -> bytes | None:
    """Read a mail; None where another process has moved it."""
    try:
        return file.read_bytes() if file.is_file() else None
    except FileNotFoundError:
        return None


def _move(file: Path, folder: Path) -> None:
    """Mark a mail as seen, the Maildir way; another process may have done so."""
    name = file.name if ":2," in file.name else f"{file.name}:2,S"
    try:
        file.rename(folder / name)
    except FileNotFoundError:
        return
