"""Mail that came back over SMTP: what it says, and that each counts once, however it is read."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from bouncing import SAMPLES, SEND_ID, SILENT, a_complaint, a_report
from telling import LATER, a_sent_message, kinds, outcomes, rows, suppressions, understand

from engine import feedback
from engine.errors import SettingsError
from engine.feedback import Bounces, smtp
from engine.feedback.heard import Heard, Nothing
from engine.models import tables


def read(mail: str) -> Heard | Nothing:
    """Return what a mail says, as it lands."""
    return smtp.read(feedback.storable({"message": mail}))


@pytest.mark.parametrize(("mail", "kind", "severity"), SAMPLES.values(), ids=SAMPLES)
def test_a_bounce_says_what_became_of_which_mail(mail: str, kind: str, severity: str | None) -> None:
    """The message it is about, what happened, and how much that says of the address."""
    says = read(mail)
    assert isinstance(says, Heard)
    assert (says.send_id, says.kind, says.detail.get("severity")) == (SEND_ID, kind, severity)
    assert "ana@example.com" not in str(says.detail)


@pytest.mark.parametrize(("mail", "outcome"), SILENT.values(), ids=SILENT)
def test_what_is_no_bounce_of_ours_says_nothing(mail: str, outcome: str) -> None:
    """Automatic replies, people, reports of other things and garbage do nothing."""
    assert read(mail) == Nothing(outcome=outcome)


def test_a_mail_cut_at_any_place_is_never_a_fault() -> None:
    """What was kept may end anywhere; reading it says something or nothing."""
    whole = a_report(returned="message/rfc822")
    assert {type(read(whole[:end])) for end in range(0, len(whole), 7)} == {Heard, Nothing}


def a_maildir(folder: Path, *mails: str) -> Path:
    """Make a Maildir with mails that are new."""
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(mails):
        (folder / "new" / f"{number}.host").write_text(mail)
    return folder


def an_mbox(path: Path, *mails: str) -> Path:
    """Make an mbox, or add to it."""
    box = mailbox.mbox(path)
    for mail in mails:
        box.add(mail.encode())
    box.close()
    return path


def test_a_maildir_is_read_once(database: sa.Engine, tmp_path: Path) -> None:
    """What was stored moves from new to cur, and the address is suppressed."""
    mails = (a_report(send_id=a_sent_message(database)), SILENT["out of office"][0], "garbage")
    folder = a_maildir(tmp_path / "bounces", *mails)
    (folder / "new" / "a folder").mkdir()
    bounces = Bounces(database, folder)
    assert [bounces.read(now=LATER), bounces.read(now=LATER)] == [3, 0]
    understand(database)
    assert outcomes(database) == ["automatic reply", "bounced: address suppressed", "no bounce"]
    assert suppressions(database) == [("*", "hard bounce")]
    assert sorted(os.listdir(folder / "cur")) == ["0.host:2,S", "1.host:2,S", "2.host:2,S"]  # noqa: PTH208 (names alone)


def test_killed_between_storing_and_moving_nothing_counts_twice(database: sa.Engine, tmp_path: Path) -> None:
    """The mail is still new, and the same, so it is known."""
    mail = a_report(send_id=a_sent_message(database))
    folder = a_maildir(tmp_path / "bounces", mail)
    Bounces(database, folder).read(now=LATER)
    a_maildir(folder, mail)
    assert Bounces(database, folder).read(now=LATER) == 0
    understand(database)
    assert kinds(database) == ["bounced"]
    assert list((folder / "new").iterdir()) == []


def test_an_mbox_is_left_as_it_is_and_read_once(database: sa.Engine, tmp_path: Path) -> None:
    """Its mails are known by their hashes, also to a process that starts anew; what is added is read."""
    send_id = a_sent_message(database)
    path = an_mbox(tmp_path / "bounces", a_report(send_id=send_id), "garbage\n")
    before = path.read_bytes()
    bounces = Bounces(database, path)
    assert [bounces.read(now=LATER), bounces.read(now=LATER)] == [2, 0]
    assert Bounces(database, path).read(now=LATER) == 0
    assert path.read_bytes() == before
    an_mbox(path, a_complaint(send_id=send_id))
    assert bounces.read(now=LATER) == 1
    understand(database)
    assert kinds(database) == ["bounced", "complained"]


def test_an_mbox_that_is_being_written_waits(database: sa.Engine, tmp_path: Path) -> None:
    """A mail that is half there would be taken for another one later."""
    path = an_mbox(tmp_path / "bounces", a_report())
    held = Path(f"{path}.lock")
    held.touch()
    bounces = Bounces(database, path)
    assert bounces.read(now=LATER) == 0
    held.unlink()
    assert bounces.read(now=LATER) == 1


@pytest.mark.parametrize("make", ["nothing", "empty folder"])
def test_what_is_no_mailbox_is_refused(tmp_path: Path, make: str) -> None:
    """One sentence about the setting, with its path."""
    path = tmp_path / "bounces"
    if make == "empty folder":
        path.mkdir()
    with pytest.raises(SettingsError, match=f"bounces: {path} is neither a Maildir"):
        Bounces(sa.create_engine("sqlite://"), path).read(now=LATER)


def test_a_long_mail_is_kept_in_part(database: sa.Engine, tmp_path: Path) -> None:
    """What the server says stands first; two long mails that differ at their end are two."""
    send_id = a_sent_message(database)
    long = a_report(send_id=send_id) + "x" * 1_000_000
    Bounces(database, a_maildir(tmp_path / "bounces", long + "1", long + "2")).read(now=LATER)
    assert [len(payload["message"]) for payload in rows(database, tables.provider_event, "payload")] == [262_144] * 2
    understand(database)
    assert kinds(database) == ["bounced", "bounced"]
