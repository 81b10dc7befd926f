"""What an operator sees of feedback, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from bouncing import SILENT, a_report
from commands import Lifecycle
from telling import raw

from engine import feedback
from engine.clock import SystemClock
from engine.db import connect
from engine.testing.sendgrid_events import an_event


@pytest.fixture
def acme(workspace: Path, lifecycle: Lifecycle, starter: Path) -> Lifecycle:
    """Ana was welcomed."""
    del starter
    lifecycle.ok("apply")
    now = SystemClock().now()
    (workspace / "c.csv").write_text("id,email,first_name\nc1,ana@x.test,Ana\n")
    (workspace / "e.csv").write_text(f"customer_id,name,at\nc1,Signed Up,{now}\n")
    lifecycle.ok("import", "customers", str(workspace / "c.csv"))
    lifecycle.ok("import", "events", str(workspace / "e.csv"))
    lifecycle.ok("run", "--once")
    return lifecycle


@pytest.fixture
def sent(acme: Lifecycle) -> str:
    """The id of the mail she got."""
    (only,) = acme.ok("outbox", "list", "--json").json
    return str(only["send_id"])


def told(database_url: str, *kinds: str, sent: str) -> None:
    """Let SendGrid tell of the mail."""
    now = SystemClock().now()
    engine = connect(database_url)
    feedback.land(engine, [raw(an_event(kind, sent, at=now)) for kind in kinds], now=now)
    engine.dispose()


def a_mailbox(folder: Path, *mails: str) -> Path:
    """Return a Maildir with new mails."""
    (folder / "new").mkdir(parents=True)
    for number, mail in enumerate(mails):
        (folder / "new" / str(number)).write_text(mail)
    return folder


def test_the_daemon_understands_and_status_tells(acme: Lifecycle, database_url: str, sent: str) -> None:
    """What has landed waits until the stage runs; what is of no message here is counted."""
    assert "feedback        nothing was told yet" in acme.ok("status").out
    told(database_url, "delivered", "open", sent=sent)
    told(database_url, "open", sent="6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11")
    assert "3 events not understood yet" in acme.ok("status").out
    acme.ok("run", "--once", "--only", "feedback")
    status = acme.ok("status", "--json").json["feedback"]
    assert (status["waiting"], status["unknown"]) == (0, 1)
    assert "1 event of unknown messages since yesterday" in acme.ok("status").out


def test_one_message_tells_what_became_of_it(acme: Lifecycle, database_url: str, sent: str) -> None:
    """In words, with times and the server's own words, in the order it happened."""
    told(database_url, "click", "delivered", "bounce", sent=sent)
    acme.ok("run", "--once", "--only", "feedback")
    shown = acme.ok("outbox", "show", sent).out
    lines = [line.split("  ")[1:] for line in shown.splitlines() if line.startswith("20")]
    assert [line[0] for line in lines] == ["delivered", "came back", "a link was clicked"]
    assert "the address does not exist; 550 5.1.1 The email account" in shown
    assert "https://acme.test/boards" in shown
    assert acme.ok("suppress", "list", "--json").json[0]["address"] == "ana@x.test"
    assert [row["kind"] for row in acme.ok("outbox", "show", sent, "--json").json["feedback"]] != []


def test_bounces_are_read_by_hand(acme: Lifecycle, workspace: Path, sent: str) -> None:
    """Once; the address is suppressed, and what is no bounce does nothing."""
    folder = a_mailbox(workspace / "bounces", a_report(send_id=sent), SILENT["out of office"][0])
    printed = acme.ok("feedback", "read-bounces", str(folder)).out
    assert printed == f"2 new mails in {folder}.\nUnderstood: 1 bounced; 1 address suppressed.\n"
    again = acme.ok("feedback", "read-bounces", str(folder), "--json").json
    assert again == {"path": str(folder), "landed": 0}
    assert acme.ok("suppress", "list", "--json").json[0]["reason"] == "hard bounce"


def test_the_daemon_reads_the_folder_that_is_set(acme: Lifecycle, workspace: Path, sent: str) -> None:
    """Relative to the workspace, before it understands."""
    a_mailbox(workspace / "returned", a_report(send_id=sent))
    with (workspace / "lifecycle.yaml").open("a") as file:
        file.write("\nbounces: returned\n")
    acme.ok("run", "--once")
    assert acme.ok("suppress", "list", "--json").json[0]["reason"] == "hard bounce"


def test_a_mailbox_that_is_none_is_refused(acme: Lifecycle, workspace: Path) -> None:
    """One sentence, for the command and for the daemon's stage."""
    assert acme.refused("feedback", "read-bounces", code=2) == (
        "no mailbox is named; write its path, or set bounces in lifecycle.yaml"
    )
    nothing = workspace / "nothing"
    assert acme.refused("feedback", "read-bounces", str(nothing)).startswith(f"bounces: {nothing} is neither a Maildir")
