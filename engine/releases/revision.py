"""Rules and templates as they stand in a commit of the repository around a workspace; nothing is checked out."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import UsageError
from engine.workspace import FilesRead, read_files
from engine.workspace.starter import FOLDERS

GIT_SECONDS = 60
_FILE_MODES = frozenset({"100644", "100755"})


def read_revision(workspace: Path, revision: str) -> FilesRead:
    """Return the texts of `rules/` and `templates/` at a commit, branch or tag, by their paths in the workspace.

    Raises UsageError outside a repository, for a name that is no commit, and where the workspace was not there yet.
    """
    prefix = _git(workspace, "rev-parse", "--show-prefix", refused=f"{workspace} is not in a git repository")
    commit = _git(
        workspace,
        *("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"),
        refused=f"`{revision}` is no commit, branch or tag of the repository of {workspace}",
    )
    top = prefix.decode().rstrip("\n")
    blobs = dict(_blobs(workspace, commit.decode().strip(), top))
    with tempfile.TemporaryDirectory(prefix="lifecycle-revision-") as folder:
        _write(Path(folder), _contents(workspace, blobs))
        return read_files(Path(folder))


def _blobs(workspace: Path, commit: str, top: str) -> Iterator[tuple[str, str]]:
    """Yield each file's path in the workspace and its object's name; links and submodules are passed over."""
    folders = [f"{top}{name}/" for name in FOLDERS]
    listing = _git(
        workspace, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *folders, refused="git ls-tree failed"
    )
    for entry in listing.decode(errors="surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        if path and about.split()[0] in _FILE_MODES:
            yield path.removeprefix(top), about.split()[2]


def _contents(workspace: Path, blobs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield each file's path and content, all read by one process."""
    asked = "".join(f"{name}\n" for name in blobs.values()).encode()
    answer = _git(workspace, "cat-file", "--batch", refused="git cat-file failed", given=asked)
    start = 0
    for path in blobs:
        end = answer.index(b"\n", start)
        size = int(answer[start:end].split()[2])
        yield path, answer[end + 1 : end + 1 + size]
        start = end + size + 2


def _write(folder: Path, contents: Iterator[tuple[str, bytes]]) -> None:
    for path, content in contents:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _git(workspace: Path, *arguments: str, refused: str, given: bytes = b"") -> bytes:
    """Return what git prints; raises UsageError with the given sentence where it fails."""
    command = ["git", "-C", str(workspace), *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=GIT_SECONDS, check=False)  # noqa: S603
    except FileNotFoundError:
        raise UsageError("git is not installed here; name a folder instead of a commit") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"git could not be asked ({type(error).__name__})") from None
    if done.returncode != 0:
        raise UsageError(refused)
    return done.stdout
