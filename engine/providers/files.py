"""The `files` provider: each mail is an .eml file in a folder, which any mail program opens."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ProviderError
from engine.providers.base import Answer, Envelope, Outcome
from engine.providers.mime import compose

_AWKWARD = re.compile(r"[^A-Za-z0-9@._+=-]+")


@dataclass(frozen=True, kw_only=True)
class FilesProvider:
    """Writes mails into `folder`; a mail is there whole or not at all, and a second attempt replaces the first."""

    folder: Path
    name: str = "files"
    paced: bool = False
    timeout: float = 10.0

    async def open(self) -> None:
        """Make the folder; raises ProviderError when that cannot be done."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProviderError(f"{self.folder} cannot be made ({error.strerror}); set outbox_folder") from None

    async def greet(self) -> Answer:
        """Say whether the folder can be written."""
        try:
            with tempfile.TemporaryFile(dir=self.folder):
                return Answer(outcome=Outcome.ACCEPTED, words=f"mails are written to {self.folder}")
        except OSError as error:
            return self._unwritable(error)

    async def send(self, envelope: Envelope) -> Answer:
        """Write one mail; a full disk or a missing folder is "not sent"."""
        path = self.folder / file_name(envelope)
        if _holds_another(path, envelope):
            path = path.with_name(f"{path.stem} {envelope.send_id[:8]}.eml")
        try:
            _write(path, compose(envelope))
        except OSError as error:
            return self._unwritable(error)
        return Answer(outcome=Outcome.ACCEPTED, words=path.name, message_id=envelope.send_id)

    async def close(self) -> None:
        """Do nothing: no file stays open."""

    def _unwritable(self, error: OSError) -> Answer:
        words = f"{self.folder} cannot be written ({error.strerror})"
        return Answer(outcome=Outcome.NOT_SENT, words=words, unreachable=True)


def files_to(folder: Path, addresses: Sequence[str]) -> tuple[Path, ...]:
    """Return the mails in a folder that were written to these addresses, in the order of their names."""
    names = {_AWKWARD.sub("-", address)[:100].casefold() for address in addresses}
    return tuple(path for path in sorted(folder.glob("*.eml")) if _recipient(path.stem).casefold() in names)


def _recipient(stem: str) -> str:
    """Return the part of a file's name that says to whom: the third word (see `file_name`)."""
    _when, _template, recipient, *_more = *stem.split(" "), "", "", ""
    return recipient


def file_name(envelope: Envelope) -> str:
    """Return a name one can read and sort by: when (UTC), which template, to whom."""
    words = (envelope.date.strftime("%Y-%m-%dT%H-%M"), envelope.template, envelope.recipient.address)
    return " ".join(_AWKWARD.sub("-", word)[:100] for word in words) + ".eml"


def _holds_another(path: Path, envelope: Envelope) -> bool:
    try:
        return envelope.send_id.encode() not in path.read_bytes()
    except OSError:
        return False


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.stem[:100]}.{os.getpid()}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
