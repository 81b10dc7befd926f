"""A workspace is found from any folder in it, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.workspace import find, starter_pack


def test_the_nearest_folder_with_settings_is_the_workspace(tmp_path: Path) -> None:
    """Commands work from rules/ and templates/ too."""
    (tmp_path / "lifecycle.yaml").write_text("")
    (tmp_path / "rules").mkdir()
    assert find(start=tmp_path / "rules") == tmp_path


def test_a_folder_outside_of_any_workspace_is_refused(tmp_path: Path) -> None:
    """The sentence says what to do."""
    with pytest.raises(UsageError, match="make one with `lifecycle init`"):
        find(start=tmp_path)


@pytest.mark.parametrize("name", ["missing", "empty", "file"])
def test_a_named_folder_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """A typing mistake never makes a workspace of something else."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=name):
        find(tmp_path / name)


def test_a_checkout_finds_its_starter_pack_at_the_top() -> None:
    """rules/ and templates/ beside the package."""
    assert (starter_pack() / "rules").is_dir()
    assert starter_pack() == Path(__file__).parents[2]
