"""Which rules a command reads: the workspace's files, the live release, or those of a commit or another folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.app.opened import App
from engine.db import reading
from engine.errors import ProblemsError, UsageError
from engine.releases import store
from engine.releases.difference import file_differences
from engine.releases.revision import read_revision
from engine.releases.store import Release
from engine.rules.scenarios.read import is_test
from engine.workspace import FilesRead, read_files

Kind = Literal["files", "live", "commit", "folder"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The files a command reads; `differing` names the paths in which they and the live release differ.

    Of the live release itself, it names those in which the workspace differs. `name` is the commit or folder.
    """

    kind: Kind
    files: Mapping[str, str]
    release: Release | None
    differing: tuple[str, ...]
    name: str = ""

    @property
    def in_step(self) -> bool:
        """Whether the files are what is live."""
        return self.release is not None and not self.differing


def source(app: App, *, live: bool = False) -> Source:
    """Return the workspace's files, or with `live` those of the live release.

    Raises ProblemsError for files that cannot be read, and UsageError where nothing is live or there are no rules.
    """
    read = read_files(app.settings.workspace)
    release = _live(app)
    if live:
        if release is None:
            raise UsageError("no release is live yet; `lifecycle apply` makes the files one")
        differing = _differing(app, release, without_tests(read.files))
        return Source(kind="live", files=release.files, release=release, differing=differing)
    if not read.files and not read.problems:
        raise UsageError(
            f"{app.settings.workspace} holds no rules and no templates; `lifecycle init` makes a workspace"
        )
    return _read(app, "files", read, release)


def against(app: App, named: str) -> Source:
    """Return the files of another folder, or of a commit, branch or tag of the workspace's repository.

    A folder that is there wins over a branch of its name. Raises UsageError for what is neither, and for a folder or
    commit without rules and templates; ProblemsError for files that cannot be read.
    """
    folder = Path(named).expanduser()
    kind: Kind = "folder" if folder.is_dir() else "commit"
    read = read_files(folder) if folder.is_dir() else read_revision(app.settings.workspace, named)
    if not read.files and not read.problems:
        raise UsageError(f"the {kind} {named} holds no rules and no templates to compare with")
    return _read(app, kind, read, _live(app), name=named)


def _live(app: App) -> Release | None:
    with reading(app.database) as connection:
        return store.live(connection)


def _read(app: App, kind: Kind, read: FilesRead, release: Release | None, *, name: str = "") -> Source:
    if broken := [problem for problem in read.problems if problem.severity == "error"]:
        raise ProblemsError(broken)
    files = without_tests(read.files)
    differing = _differing(app, release, files) if release else tuple(sorted(files))
    return Source(kind=kind, files=files, release=release, differing=differing, name=name)


def without_tests(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files that make a release: tests of rules stay in the workspace."""
    return {path: text for path, text in files.items() if not is_test(path)}


def _differing(app: App, release: Release, files: Mapping[str, str]) -> tuple[str, ...]:
    zone = app.settings.time_zone
    moved = (f"setting time_zone ({release.time_zone} → {zone})",) if zone != release.time_zone else ()
    return (*file_differences(release.files, files), *moved)
