"""Which rules a command reads: the workspace's files or the live release, and whether the two are in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.app.opened import App
from engine.db import reading
from engine.errors import ProblemsError, UsageError
from engine.releases import store
from engine.releases.difference import file_differences
from engine.releases.store import Release
from engine.rules.scenarios.read import is_test
from engine.workspace import read_files

Kind = Literal["files", "live"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The files a command reads; `differing` names the paths in which workspace and live release differ."""

    kind: Kind
    files: Mapping[str, str]
    release: Release | None
    differing: tuple[str, ...]

    @property
    def in_step(self) -> bool:
        """Whether the workspace's files are what is live."""
        return self.release is not None and not self.differing


def source(app: App, *, live: bool = False) -> Source:
    """Return the workspace's files, or with `live` those of the live release.

    Raises ProblemsError for files that cannot be read, and UsageError where nothing is live or there are no rules.
    """
    with reading(app.database) as connection:
        release = store.live(connection)
    read = read_files(app.settings.workspace)
    files = without_tests(read.files)
    if live:
        if release is None:
            raise UsageError("no release is live yet; `lifecycle apply` makes the files one")
        return Source(kind="live", files=release.files, release=release, differing=_differing(app, release, files))
    if broken := [problem for problem in read.problems if problem.severity == "error"]:
        raise ProblemsError(broken)
    if not files:
        raise UsageError(
            f"{app.settings.workspace} holds no rules and no templates; `lifecycle init` makes a workspace"
        )
    differing = _differing(app, release, files) if release else tuple(sorted(files))
    return Source(kind="files", files=files, release=release, differing=differing)


def without_tests(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the files that make a release: tests of rules stay in the workspace."""
    return {path: text for path, text in files.items() if not is_test(path)}


def _differing(app: App, release: Release, files: Mapping[str, str]) -> tuple[str, ...]:
    zone = app.settings.time_zone
    moved = (f"setting time_zone ({release.time_zone} → {zone})",) if zone != release.time_zone else ()
    return (*file_differences(release.files, files), *moved)
