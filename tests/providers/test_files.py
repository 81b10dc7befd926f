"""The folder of .eml files."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ProviderError
from engine.providers import make
from engine.providers.base import Envelope, Mailbox
from engine.providers.files import FilesProvider
from engine.settings import Settings
from engine.testing.envelopes import an_envelope


def write(folder: Path, *envelopes: Envelope) -> list[str]:
    """Write mails, and return the names of all files there are then."""

    async def run() -> None:
        provider = FilesProvider(folder=folder)
        await provider.open()
        for envelope in envelopes:
            await provider.send(envelope)

    asyncio.run(run())
    return sorted(path.name for path in folder.iterdir())


def test_names_can_be_read_and_sorted(tmp_path: Path) -> None:
    """A file is named by when, which template and to whom."""
    assert write(tmp_path, an_envelope(1)) == ["2026-11-21T09-00 welcome ana1@example.com.eml"]


def test_a_second_attempt_replaces_the_first(tmp_path: Path) -> None:
    """The same mail twice is one file."""
    assert len(write(tmp_path, an_envelope(1), an_envelope(1))) == 1


def test_two_mails_of_one_minute_are_two_files(tmp_path: Path) -> None:
    """Another mail of the same name gets the beginning of its id, whichever came first and however often."""
    other = replace(an_envelope(2), recipient=an_envelope(1).recipient)
    names = write(tmp_path, an_envelope(1), other, an_envelope(1), other)
    assert names == [
        f"2026-11-21T09-00 welcome ana1@example.com {other.send_id[:8]}.eml",
        "2026-11-21T09-00 welcome ana1@example.com.eml",
    ]


def test_an_address_cannot_leave_the_folder(tmp_path: Path) -> None:
    """Slashes and dots of a strange address stay inside the name."""
    strange = replace(an_envelope(), recipient=Mailbox(address="../../x@example.com"))
    (name,) = write(tmp_path / "mails", strange)
    assert "/" not in name
    assert list(tmp_path.iterdir()) == [tmp_path / "mails"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """The setting to correct is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ProviderError, match="outbox_folder"):
        write(tmp_path / "file" / "mails", an_envelope())


def test_the_folder_lies_in_the_workspace(tmp_path: Path) -> None:
    """A relative outbox_folder is below the workspace."""
    provider = make(Settings(provider="files", workspace=tmp_path, _env_file=None))
    assert isinstance(provider, FilesProvider)
    assert provider.folder == tmp_path / "outbox"
