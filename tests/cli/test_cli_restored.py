"""An operator whose database was put back from a backup says so, and mail goes on without a second copy of any."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.clock import SystemClock
from engine.db import writing
from engine.models.tables import message, witness


def people(lifecycle: Lifecycle, folder: Path, *names: str) -> None:
    """Let people sign up now."""
    now = SystemClock().now()
    (folder / "c.csv").write_text("id,email,first_name\n" + "".join(f"{n},{n}@x.test,{n.title()}\n" for n in names))
    (folder / "e.csv").write_text("customer_id,name,at\n" + "".join(f"{n},Signed Up,{now}\n" for n in names))
    lifecycle.ok("import", "customers", str(folder / "c.csv"))
    lifecycle.ok("import", "events", str(folder / "e.csv"))


@pytest.fixture
def forgotten(lifecycle: Lifecycle, workspace: Path, starter: Path, database: sa.Engine) -> Lifecycle:
    """Ana and Bob got their mail; then a backup was put back in which both still waited."""
    del starter
    lifecycle.ok("apply")
    people(lifecycle, workspace, "ana", "bob")
    lifecycle.ok("run", "--once")
    assert len(mails(workspace)) == 2
    with writing(database) as connection:
        connection.execute(sa.update(message).values(status="queued", attempt=0))
        connection.execute(sa.update(witness).values(sequence=witness.c.sequence - 1))
    return lifecycle


def mails(workspace: Path) -> list[Path]:
    """Return what was sent."""
    return sorted((workspace / "outbox").glob("*.eml"))


def test_it_is_noticed_said_and_declared(forgotten: Lifecycle, workspace: Path) -> None:
    """The run sends nothing and names the command; that one asks, puts in doubt, and lets the rest go on."""
    assert forgotten("run", "--once").code == 1
    assert "run `lifecycle db restored`, and it goes on" in forgotten.ok("status").out
    refused = forgotten("db", "restored")
    assert refused.code == 2
    assert refused.err.splitlines()[-1] == "2 waiting messages may have been sent; say --yes to do that"
    said = forgotten.ok("db", "restored", "--yes").err.splitlines()
    assert said[1:] == [
        "2 waiting messages may have been sent.",
        "2 messages: in doubt.",
        "The restoration is declared; sending goes on.",
    ]
    people(forgotten, workspace, "eva")
    forgotten.ok("run", "--once")
    assert forgotten.ok("status", "--json").json["messages"] == {"in_doubt": 2, "sent": 1}
    assert forgotten.ok("status", "--json").json["lanes"] == []
    assert len(mails(workspace)) == 3


def test_resuming_does_not_send_blindly(forgotten: Lifecycle, workspace: Path) -> None:
    """Whoever resumes without declaring it is stopped again before anything is claimed."""
    forgotten("run", "--once")
    forgotten.ok("resume")
    assert forgotten("run", "--once").code == 1
    assert len(mails(workspace)) == 2


def test_a_folder_that_cannot_be_written_is_told(
    lifecycle: Lifecycle, workspace: Path, starter: Path, variables: pytest.MonkeyPatch
) -> None:
    """Mail leaves all the same, and a warning says that nobody would notice a restored database."""
    del starter
    lifecycle.ok("apply")
    people(lifecycle, workspace, "ana")
    (workspace / "a-file").write_text("")
    variables.setenv("LIFECYCLE_STATE_FOLDER", "a-file")
    assert "no witness: nobody here would notice a restored database" in lifecycle.ok("run", "--once").err
    assert len(mails(workspace)) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((), "say with --from when its backup was made"), (("--from", "soon"), "`soon` is not a date")],
)
def test_a_span_that_nobody_knows_is_asked_for(lifecycle: Lifecycle, arguments: tuple[str, ...], sentence: str) -> None:
    """A database without a single claim does not know since when it is wrong."""
    assert sentence in lifecycle.refused("db", "restored", "--yes", *arguments, code=2)


def test_a_backup_without_mail_is_declared_with_its_time(lifecycle: Lifecycle, starter: Path) -> None:
    """With nothing that waits nobody is asked."""
    del starter
    said = lifecycle.ok("db", "restored", "--from", "2026-03-01T10:00").err.splitlines()
    assert said[0].startswith("What became of mail between 2026-03-01 10:00 and ")
    assert said[-1] == "The restoration is declared; sending goes on."


def test_a_backup_of_tomorrow_is_refused(forgotten: Lifecycle) -> None:
    """A time that is yet to come would put nothing in doubt, and let all of it leave again."""
    assert forgotten("db", "restored", "--from", "2999-01-01 00:00", "--yes").code == 2
    assert forgotten.ok("status", "--json").json["messages"] == {"queued": 2}
