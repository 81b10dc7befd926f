"""Files are compared with a commit, a tag, or another folder as well as with the live release."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from company import FILES, edited, people
from planned import Planner

from engine.errors import ProblemsError, UsageError
from engine.releases.revision import read_revision

RULE = "rules/we-miss-you.yaml"


def git(folder: Path, *arguments: str) -> None:
    """Run git where nothing of the machine's own settings counts."""
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@acme.test", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)  # noqa: S607 (git of the path)


def committed(planner: Planner, files: Mapping[str, str], tag: str) -> None:
    """Commit files of the workspace, which is a folder of the repository around it."""
    planner.app(files)
    git(planner.folder.parent, "init", "--quiet", "--initial-branch", "main")
    git(planner.folder.parent, "add", "ws")
    git(planner.folder.parent, "commit", "--quiet", "--allow-empty", "-m", tag)
    git(planner.folder.parent, "tag", tag)


def test_a_tag_of_the_repository_around_the_workspace(planner: Planner) -> None:
    """What the files of the tag would do is compared with what those of the folder would; no release is needed."""
    people(planner.database)
    committed(planner, FILES, "v1")
    found = planner.plan(edited("14", "18"), named="v1")
    (rule,) = found.rules
    assert (found.files, rule.difference.kind) == ((RULE,), "changed")
    assert [mail.customer_id for mail in rule.stops] == ["cleo"]
    assert not planner.plan(FILES, named="v1").changes


def test_a_commit_counts_as_a_whole_whatever_is_live(planner: Planner) -> None:
    """The live release may be another one: the two sides are the commit and the folder."""
    people(planner.database)
    planner.live(edited("14", "20"))
    committed(planner, FILES, "v1")
    (rule,) = planner.plan(edited("14", "18"), named="main").rules
    assert rule.difference.what == ("moments: after 14 days → after 18 days",)


def test_another_folder(planner: Planner, tmp_path: Path) -> None:
    """A folder needs no repository and no database of its own."""
    people(planner.database)
    for path, text in edited("14", "18").items():
        (tmp_path / "other" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / path).write_text(text)
    found = planner.plan(FILES, named=str(tmp_path / "other"))
    assert found.base is not None
    assert (found.base.kind, [mail.customer_id for mail in found.rules[0].starts]) == ("folder", ["cleo"])


def test_what_cannot_be_compared_with_is_refused_in_a_sentence(planner: Planner, tmp_path: Path) -> None:
    """Not a repository, no such commit, a folder or a commit without rules, and files that are broken there."""
    with pytest.raises(UsageError, match="is not in a git repository"):
        planner.plan(FILES, named="main")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"the folder .*empty holds no rules and no templates"):
        planner.plan(FILES, named=str(tmp_path / "empty"))
    git(planner.folder.parent, "init", "--quiet")
    git(planner.folder.parent, "commit", "--quiet", "--allow-empty", "-m", "before the workspace")
    git(planner.folder.parent, "tag", "before")
    with pytest.raises(UsageError, match="the commit before holds no rules"):
        planner.plan(FILES, named="before")
    committed(planner, {**FILES, RULE: "topic: tipps\n"}, "broken")
    with pytest.raises(UsageError, match=f"broken cannot be compared with, its own files are broken: {RULE}:1:"):
        planner.plan(FILES, named="broken")
    for name in ("v2", "--help", "HEAD:ws", ""):
        with pytest.raises(UsageError, match="is no commit, branch or tag"):
            read_revision(planner.folder, name)


def test_broken_files_of_the_workspace_are_told_with_their_places(planner: Planner) -> None:
    """The files to be applied have to pass `check`."""
    with pytest.raises(ProblemsError, match=f"{RULE}:3:"):
        planner.plan(edited("after 14 days", "after 14 dyas"))


def test_a_commit_is_read_as_it_was_committed(planner: Planner) -> None:
    """Links are passed over, names are as they are, and what lies in the folder now does not matter."""
    planner.app(FILES)
    (planner.folder / "rules" / "zürich.yaml").write_text("topic: tips\n")
    (planner.folder / "rules" / "link.yaml").symlink_to(planner.folder / RULE)
    git(planner.folder, "init", "--quiet")
    git(planner.folder, "add", "rules")
    git(planner.folder, "commit", "--quiet", "-m", "rules")
    (planner.folder / RULE).unlink()
    files = read_revision(planner.folder, "HEAD").files
    assert sorted(files) == [RULE.replace("we-miss-you", name) for name in ("topics", "we-miss-you", "zürich")]
    assert files[RULE] == FILES[RULE]
