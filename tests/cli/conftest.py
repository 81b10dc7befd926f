"""A workspace over each database, and the command line as its users call it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from commands import Lifecycle

from engine.workspace import starter_pack
from engine.workspace.starter import FOLDERS

SECRET = "a secret of tests"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without anything of ours, as on a fresh machine."""
    for name in [name for name in os.environ if name.startswith("LIFECYCLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    return monkeypatch


@pytest.fixture
def folder(tmp_path: Path, variables: pytest.MonkeyPatch) -> Path:
    """An empty workspace that has no database."""
    folder = tmp_path / "ws"
    (folder / "rules").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "lifecycle.yaml").write_text("")
    variables.setenv("LIFECYCLE_WORKSPACE", str(folder))
    variables.setenv("LIFECYCLE_SECRET", SECRET)
    return folder


@pytest.fixture
def starter(folder: Path) -> Path:
    """That workspace with the starter pack in it."""
    for name in FOLDERS:
        shutil.copytree(starter_pack() / name, folder / name, dirs_exist_ok=True)
    return folder


@pytest.fixture
def alone(folder: Path, capfd: pytest.CaptureFixture[str]) -> Lifecycle:
    """The command line in that workspace, for what needs no database."""
    del folder
    return Lifecycle(capfd)


@pytest.fixture
def workspace(folder: Path, database_url: str, variables: pytest.MonkeyPatch) -> Path:
    """The workspace with a database of each kind, which has its tables and nothing in them."""
    variables.setenv("LIFECYCLE_DATABASE_URL", database_url)
    return folder


@pytest.fixture
def lifecycle(workspace: Path, capfd: pytest.CaptureFixture[str]) -> Lifecycle:
    """The command line in that workspace."""
    del workspace
    return Lifecycle(capfd)
