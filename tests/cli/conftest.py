"""A workspace over each database, and the command line as its users call it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commands import Lifecycle

SECRET = "a secret of tests"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without anything of ours, as on a fresh machine."""
    for name in [name for name in os.environ if name.startswith("LIFECYCLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    return monkeypatch


@pytest.fixture
def workspace(tmp_path: Path, database_url: str, variables: pytest.MonkeyPatch) -> Path:
    """An empty workspace whose database has its tables and nothing in them."""
    folder = tmp_path / "ws"
    (folder / "rules").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "lifecycle.yaml").write_text("")
    variables.setenv("LIFECYCLE_WORKSPACE", str(folder))
    variables.setenv("LIFECYCLE_DATABASE_URL", database_url)
    variables.setenv("LIFECYCLE_SECRET", SECRET)
    return folder


@pytest.fixture
def lifecycle(workspace: Path, capfd: pytest.CaptureFixture[str]) -> Lifecycle:
    """The command line in that workspace."""
    del workspace
    return Lifecycle(capfd)
