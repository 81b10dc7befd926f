"""The command line itself: help, exit codes, and one sentence for whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.cli import main

HEAVY = (
    "sqlalchemy",
    "sqlmodel",
    "pydantic",
    "jinja2",
    "babel",
    "mrml",
    "aiohttp",
    "apscheduler",
    "alembic",
    "sendgrid",
)


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Python in a fresh process."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | variables
    )


def test_help_imports_nothing_heavy() -> None:
    """`lifecycle --help` is quick because what commands need is imported inside of them."""
    code = "import sys; from engine.cli.main import run; run(['--help']); print('loaded:', *sys.modules)"
    loaded = python(code).stdout.partition("loaded:")[2].split()
    assert "typer" in loaded
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_every_command(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Called with nothing, the program says what it can do."""
    assert main.run(arguments) == 0
    printed = capfd.readouterr()
    for name in ("init", "status", "pause", "resume", "approve", "outbox", "suppress", "db"):
        assert f" {name} " in printed.out
    assert printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stauts"], "No such command 'stauts'. Did you mean 'status'?; see `lifecycle --help`"),
        (["status", "--jsn"], "see `lifecycle status --help`"),
        (["outbox", "list", "--limit", "few"], "see `lifecycle outbox list --help`"),
        (["approve"], "see `lifecycle approve --help`"),
    ],
)
def test_a_wrong_call_is_one_sentence(arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    """It names the mistake and the page of help that belongs to it, and exits 2."""
    assert main.run(arguments) == 2
    printed = capfd.readouterr()
    assert printed.err.strip().endswith(sentence)
    assert len(printed.err.splitlines()) == 1


def test_options_may_stand_before_and_after_the_command(lifecycle: Lifecycle, workspace: Path) -> None:
    """`--workspace` works in both places, and the nearer one wins."""
    before = lifecycle.ok("--workspace", str(workspace), "status", "--json").json
    after = lifecycle.ok("--workspace", "/nowhere", "status", "--workspace", str(workspace), "--json").json
    assert before["workspace"] == after["workspace"] == str(workspace)


def test_what_should_not_happen_is_one_sentence_too(lifecycle: Lifecycle, variables: pytest.MonkeyPatch) -> None:
    """An unexpected fault exits 70 and points to --debug, which shows the traceback."""
    variables.setattr("engine.app.status.live", lambda _: 1 / 0)
    assert "ZeroDivisionError" in lifecycle.refused("status", code=main.UNEXPECTED)
    with pytest.raises(ZeroDivisionError):
        main.run(["status", "--debug"])


def test_a_reader_that_went_away_is_no_error(workspace: Path) -> None:
    """`lifecycle ... | head -1` ends quietly."""
    del workspace
    command = f"{sys.executable} -c 'from engine.cli.main import main; main()' status | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)  # noqa: S607 (bash of the path)
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "1"}


def test_the_version_is_data(capfd: pytest.CaptureFixture[str]) -> None:
    """`lifecycle --version` prints it to stdout."""
    assert main.run(["--version"]) == 0
    assert capfd.readouterr().out.startswith("lifecycle 0.")
