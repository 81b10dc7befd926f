"""Whatever is wrong around a command gives one sentence that says where and what to do, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine import db
from engine.db import writing

READERS = (
    ("status",),
    ("outbox", "list"),
    ("outbox", "show", "abcdefgh"),
    ("suppress", "list"),
    ("pause",),
)


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_missing_database(
    lifecycle: Lifecycle, workspace: Path, variables: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """The sentence names the file and the command that makes it, and no empty file is left behind."""
    variables.setenv("LIFECYCLE_DATABASE_URL", "sqlite:///nowhere.db")
    sentence = lifecycle.refused(*command)
    assert "nowhere.db does not exist; make it with `lifecycle db upgrade`" in sentence
    assert not (workspace / "nowhere.db").exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://u:hunter2@host/x", "the engine runs on sqlite and postgresql"),
        ("lifecycle.db", "write sqlite:///path.db or postgresql://user@host/name"),
        ("postgresql://u:hunter2@127.0.0.1:1/x", "onnection refused"),
        ("sqlite:///rules", "cannot be opened"),
    ],
)
def test_a_database_url_that_leads_nowhere(
    lifecycle: Lifecycle, variables: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    """The sentence says what is wrong with it and never shows a password."""
    variables.setenv("LIFECYCLE_DATABASE_URL", url)
    said = lifecycle.refused("status")
    assert sentence in said
    assert "hunter2" not in said


def test_a_file_that_is_no_database(lifecycle: Lifecycle, workspace: Path, variables: pytest.MonkeyPatch) -> None:
    """Somebody named the wrong file."""
    (workspace / "notes.db").write_bytes(b"not a database" * 1000)
    variables.setenv("LIFECYCLE_DATABASE_URL", "sqlite:///notes.db")
    assert "is not a sound SQLite database" in lifecycle.refused("status")


def test_a_database_without_tables(lifecycle: Lifecycle, workspace: Path, variables: pytest.MonkeyPatch) -> None:
    """`db upgrade` makes them."""
    (workspace / "empty.db").touch()
    variables.setenv("LIFECYCLE_DATABASE_URL", "sqlite:///empty.db")
    assert "has no tables yet; run `lifecycle db upgrade`" in lifecycle.refused("status")
    lifecycle.ok("db", "upgrade")
    lifecycle.ok("status")


def test_a_locked_database(lifecycle: Lifecycle, database: sa.Engine, variables: pytest.MonkeyPatch) -> None:
    """A command that waits in vain says that another program holds the lock."""
    if database.dialect.name != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the database")
    variables.setattr(db, "BUSY_SECONDS", 0)
    with writing(database):
        assert "was locked by another program" in lifecycle.refused("pause")


@pytest.mark.parametrize("text", ["provider: sendgird\n", "- 1\n", "rate: [1,"])
def test_broken_settings(lifecycle: Lifecycle, workspace: Path, text: str) -> None:
    """The file, line and column of the mistake."""
    (workspace / "lifecycle.yaml").write_text(text)
    assert lifecycle.refused("status").startswith("lifecycle.yaml:1:")


def test_an_unknown_variable(lifecycle: Lifecycle, variables: pytest.MonkeyPatch) -> None:
    """A misspelled setting is never silently ignored."""
    variables.setenv("LIFECYCLE_ONLYTO", "me@example.com")
    assert lifecycle.refused("status").endswith("did you mean `LIFECYCLE_ONLY_TO`?")


@pytest.mark.parametrize("command", [("status",), ("db", "upgrade")], ids=" ".join)
def test_a_workspace_that_is_none(lifecycle: Lifecycle, tmp_path: Path, command: tuple[str, ...]) -> None:
    """The sentence names the folder."""
    assert "empty" in lifecycle.refused(*command, "--workspace", str(tmp_path / "empty"), code=2)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("outbox", "list", "--customer", "bob"), "no customer has the id or the address 'bob'"),
        (("suppress", "add", "bob"), "no customer has the id or the address 'bob'"),
        (("pause", "welcom"), "no rule welcom is live"),
        (("resume", "welcom"), "no rule welcom is live"),
        (("approve", "welcom"), "no rule welcom is live"),
        (("outbox", "show", "abc"), "too short"),
        (("outbox", "show", "abcdefgh"), "no message begins with abcdefgh"),
        (("outbox", "list", "--status", "snt"), "did you mean `sent`?"),
        (("suppress", "remove", "a@x.test"), "was not suppressed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_name_that_nothing_has(lifecycle: Lifecycle, command: tuple[str, ...], sentence: str) -> None:
    """One sentence that names it."""
    done = lifecycle(*command)
    assert done.code in {1, 2}
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
