"""The files of a workspace are read whole and bounded; what cannot be read is a problem, never a crash."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from engine.workspace import read_files
from engine.workspace.files import MAX_SIZE


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one sound rule."""
    (tmp_path / "ws" / "rules").mkdir(parents=True)
    (tmp_path / "ws" / "templates" / "parts").mkdir(parents=True)
    (tmp_path / "ws" / "rules" / "a.yaml").write_text("topic: tips\n")
    return tmp_path / "ws"


def problems(workspace: Path) -> list[str]:
    """The problems of a workspace, after a check that the sound rule was read all the same."""
    read = read_files(workspace)
    assert read.files["rules/a.yaml"] == "topic: tips\n"
    return [str(problem) for problem in read.problems]


def test_rules_and_templates_are_read_by_their_path(workspace: Path) -> None:
    """Folders below are read too; what else lies in the workspace is not."""
    (workspace / "templates" / "parts" / "button.mjml").write_text("<mj-button/>")
    (workspace / "notes.md").write_text("not ours")
    read = read_files(workspace)
    assert dict(read.files) == {"rules/a.yaml": "topic: tips\n", "templates/parts/button.mjml": "<mj-button/>"}
    assert read.problems == ()


def test_hidden_files_and_backups_are_passed_over(workspace: Path) -> None:
    """What editors and systems leave behind is nobody's mistake."""
    for name in (".DS_Store", "a.yaml~", ".a.yaml.swp", "#a.yaml#", "b.bak"):
        (workspace / "rules" / name).write_bytes(b"\xff")
    assert problems(workspace) == []


def test_a_byte_order_mark_is_dropped(workspace: Path) -> None:
    """Some Windows editors write one."""
    (workspace / "rules" / "b.yaml").write_bytes(b"\xef\xbb\xbftopic: x")
    assert read_files(workspace).files["rules/b.yaml"] == "topic: x"


def test_a_file_that_is_not_utf8_has_the_place_of_its_first_bad_byte(workspace: Path) -> None:
    """Latin-1 is named by line and column."""
    (workspace / "templates" / "b.md").write_bytes("one\ntw\xf6\n".encode("latin-1"))
    assert problems(workspace) == ["templates/b.md:2:3: F101 this is not text in UTF-8 (byte 0xf6)"]


def test_a_file_that_is_too_large_is_not_read(workspace: Path) -> None:
    """Somebody put a video there."""
    (workspace / "templates" / "b.md").write_bytes(b"x" * (MAX_SIZE + 1))
    assert problems(workspace) == ["templates/b.md:1:1: F102 this file has 1024 KB; 1024 KB is the most"]


def test_a_link_out_of_the_workspace_is_not_followed(workspace: Path) -> None:
    """Neither a file nor a folder elsewhere becomes part of a release."""
    (workspace.parent / "secret.yaml").write_text("x")
    (workspace / "rules" / "b.yaml").symlink_to(workspace.parent / "secret.yaml")
    (workspace / "rules" / "all").symlink_to(workspace.parent)
    found = problems(workspace)
    assert [line.split(" ")[1] for line in found] == ["F104", "F104"]


def test_a_link_within_the_workspace_is_read(workspace: Path) -> None:
    """It is the company's own file."""
    (workspace / "rules" / "b.yaml").symlink_to("a.yaml")
    assert read_files(workspace).files["rules/b.yaml"] == "topic: tips\n"


def test_a_dangling_link_and_a_pipe_are_problems(workspace: Path) -> None:
    """Neither hangs nor crashes the command."""
    (workspace / "rules" / "b.yaml").symlink_to("nowhere.yaml")
    os.mkfifo(workspace / "rules" / "c.yaml")
    assert [line.split(": ")[0] for line in problems(workspace)] == ["rules/b.yaml:1:1", "rules/c.yaml:1:1"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem(workspace: Path) -> None:
    """The reason is the system's."""
    (workspace / "rules" / "b.yaml").write_text("x")
    (workspace / "rules" / "b.yaml").chmod(0)
    assert problems(workspace) == ["rules/b.yaml:1:1: F103 this cannot be read: permission denied"]


def test_other_files_are_a_lint(workspace: Path) -> None:
    """A wrong ending is told, with the right one, and breaks nothing."""
    (workspace / "rules" / "b.yml").write_text("x")
    read = read_files(workspace)
    assert [(p.code, p.hint, p.severity) for p in read.problems] == [("F105", "rename it to b.yaml", "lint")]


@pytest.mark.parametrize("way", [("b.yaml", "b.yaml"), ("b.yaml", ".c", "b.yaml"), ("b.yaml", "b.yaml/deeper")])
def test_a_link_that_leads_back_to_itself_is_one_problem(workspace: Path, way: tuple[str, ...]) -> None:
    """Directly, by way of another, or through itself as a folder."""
    for name, target in pairwise(way):
        (workspace / "rules" / name).symlink_to(target)
    assert problems(workspace) == ["rules/b.yaml:1:1: F103 this cannot be read: it is a link that leads back to itself"]
