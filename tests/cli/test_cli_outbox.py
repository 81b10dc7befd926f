"""`lifecycle outbox` shows what was sent and what was not, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Lifecycle

from engine.clock import SystemClock


@pytest.fixture
def acme(lifecycle: Lifecycle, workspace: Path, starter: Path) -> Lifecycle:
    """Two people signed up after the rules went live, one of them suppressed, and the engine ran once."""
    del starter
    lifecycle.ok("apply")
    (workspace / "c.csv").write_text("id,email,first_name\nc1,ana@x.test,Ana\nc2,bob@x.test,Bob\n")
    lifecycle.ok("import", "customers", str(workspace / "c.csv"))
    lifecycle.ok("suppress", "add", "bob@x.test")
    now = SystemClock().now()
    (workspace / "e.csv").write_text(f"customer_id,name,at\nc1,Signed Up,{now}\nc2,Signed Up,{now}\n")
    lifecycle.ok("import", "events", str(workspace / "e.csv"))
    lifecycle.ok("run", "--once")
    return lifecycle


def test_messages_are_listed_with_their_status_and_reason(acme: Lifecycle, workspace: Path) -> None:
    """By status, rule and customer; what was sent lies in the folder of the `files` provider."""
    listed = {one["customer"]: one for one in acme.ok("outbox", "list", "--json").json}
    assert listed["c1"]["status"] == "sent"
    assert (listed["c2"]["status"], listed["c2"]["reason"] is not None) == ("skipped", True)
    assert len(list((workspace / "outbox").glob("*.eml"))) == 1
    for arguments in (("--status", "sent"), ("--customer", "ana@x.test"), ("--rule", "welcome", "--status", "sent")):
        assert [one["customer"] for one in acme.ok("outbox", "list", *arguments, "--json").json] == ["c1"]
    printed = acme.ok("outbox", "list").out
    assert "ana@x.test" in printed
    assert "skipped" in printed


def test_one_message_is_shown_with_its_text(acme: Lifecycle) -> None:
    """By its id or the beginning of it."""
    sent = acme.ok("outbox", "list", "--status", "sent", "--json").json[0]["send_id"]
    shown = acme.ok("outbox", "show", sent[:8], "--json").json
    assert shown["message"]["send_id"] == sent
    assert shown["content"]["subject"] in acme.ok("outbox", "show", sent).out


def test_status_customer_and_explain_tell_of_it(acme: Lifecycle) -> None:
    """Wherever an operator looks, the mail is there."""
    assert acme.ok("status", "--json").json["messages"] == {"sent": 1, "skipped": 1}
    kinds = [
        one["what"] for one in acme.ok("customer", "show", "c1", "--json").json["timeline"] if one["kind"] == "mail"
    ]
    assert kinds == ["welcome of welcome: sent"]
    assert acme.ok("explain", "welcome", "c1", "--json").json["mails"][0]["status"] == "sent"


def test_running_again_sends_nothing_again(acme: Lifecycle, workspace: Path) -> None:
    """A message is sent once, whatever the number of runs."""
    acme.ok("run", "--once")
    assert len(list((workspace / "outbox").glob("*.eml"))) == 1
