"""`lifecycle init` makes a workspace that works at once and overwrites nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.workspace import starter_pack


@pytest.fixture
def lifecycle(variables: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Lifecycle:
    """The command line on a machine without a workspace."""
    variables.chdir(tmp_path)
    return Lifecycle(capfd)


def test_a_new_workspace_works_at_once(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """It has the starter pack, settings, and a database with tables."""
    printed = lifecycle.ok("init", "acme")
    for name in ("rules/", "templates/", "lifecycle.yaml", ".env", "lifecycle.db"):
        assert name in printed.out
    for path in (starter_pack() / "rules").glob("*.yaml"):
        assert (tmp_path / "acme" / "rules" / path.name).read_bytes() == path.read_bytes()
    lifecycle.ok("status", "--workspace", "acme")


def test_the_secret_is_fresh_and_only_for_its_owner(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """Two workspaces share no key, and nobody else on the machine can read one."""
    for name in ("a", "b"):
        lifecycle.ok("init", name)
    secrets = [(tmp_path / name / ".env").read_text().splitlines()[-1] for name in ("a", "b")]
    assert secrets[0] != secrets[1]
    assert all(len(secret) > len("LIFECYCLE_SECRET=") + 40 for secret in secrets)
    assert stat.S_IMODE((tmp_path / "a" / ".env").stat().st_mode) == 0o600


def test_nothing_is_overwritten(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """A second `init`, and one into a folder with rules, is refused before anything is written."""
    lifecycle.ok("init", "acme")
    before = {path: path.read_bytes() for path in (tmp_path / "acme").rglob("*") if path.is_file()}
    assert "nothing was written" in lifecycle.refused("init", "acme", code=2)
    assert {path: path.read_bytes() for path in (tmp_path / "acme").rglob("*") if path.is_file()} == before


def test_a_repository_keeps_its_own_files(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """In a folder with a .gitignore and a .env, lines are added and none is lost."""
    (tmp_path / ".gitignore").write_text("node_modules")
    (tmp_path / ".env").write_text("STRIPE_KEY=1")
    lifecycle.ok("init")
    assert (tmp_path / ".gitignore").read_text().splitlines()[:2] == ["node_modules", ".env"]
    assert (tmp_path / ".env").read_text().splitlines()[0] == "STRIPE_KEY=1"
    assert "LIFECYCLE_SECRET=" in (tmp_path / ".env").read_text()


def test_a_file_in_the_way_is_named(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """The folder's name belongs to a file."""
    (tmp_path / "acme").write_text("")
    assert "is a file" in lifecycle.refused("init", "acme", code=2)


def test_a_broken_environment_stops_it_before_anything_is_written(
    lifecycle: Lifecycle, variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that it can be tried again."""
    variables.setenv("LIFECYCLE_RATE", "fast")
    assert "LIFECYCLE_RATE must be a valid number" in lifecycle.refused("init", "acme")
    assert list((tmp_path / "acme").iterdir()) == []


def test_init_with_postgresql_makes_the_tables_there(
    lifecycle: Lifecycle, variables: pytest.MonkeyPatch, database_url: str
) -> None:
    """Where database_url is set, its tables are brought up to date."""
    variables.setenv("LIFECYCLE_DATABASE_URL", database_url)
    lifecycle.ok("init", "acme")
    lifecycle.ok("status", "--workspace", "acme")
