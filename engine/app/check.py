"""Checking a workspace as it lies on disk, with what its database has seen, where that can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine import ruletests
from engine.app.opened import opened
from engine.checking import Checked, Seen, check_files, seen_by
from engine.db import reading
from engine.errors import DatabaseError, Problem
from engine.settings import Settings
from engine.workspace import SETTINGS_FILE, read_files, refresh_schemas


@dataclass(frozen=True, kw_only=True)
class WorkspaceChecked:
    """What was found in a workspace's files; `unasked` says why the database could not be asked, where it could not."""

    checked: Checked
    files: Mapping[str, str]
    seen: Seen
    unasked: str = ""


def check_workspace(settings: Settings) -> WorkspaceChecked:
    """Check every file of a workspace, and refresh its editor's schemas.

    Works without a database; then nothing is known of events and roles.
    """
    read = read_files(settings.workspace)
    seen, unasked = _seen(settings)
    checked = check_files(read.files, settings, seen=seen)
    problems = {*checked.problems, *read.problems, *_of_tests(read.files, checked, settings, seen)}
    checked = replace(checked, problems=tuple(sorted(problems)))
    _refresh(settings.workspace, checked, seen)
    return WorkspaceChecked(checked=checked, files=read.files, seen=seen, unasked=unasked)


def _seen(settings: Settings) -> tuple[Seen, str]:
    try:
        with opened(settings) as app, reading(app.database) as connection:
            return replace(seen_by(connection), at=app.clock.now()), ""
    except DatabaseError as error:
        return Seen(), str(error)


def _of_tests(files: Mapping[str, str], checked: Checked, settings: Settings, seen: Seen) -> tuple[Problem, ...]:
    """Return what is wrong with the tests of rules, which are read but not run."""
    names = checked.library.names
    tests = ruletests.read(files, templates=names, zone=settings.time_zone, events=seen.events, roles=seen.roles)
    return tests.problems


def _refresh(folder: Path, checked: Checked, seen: Seen) -> None:
    """Keep completion in step; in a folder that may not be written, or that `init` did not make, nothing is done."""
    if not (folder / SETTINGS_FILE).exists():
        return
    with suppress(OSError):
        refresh_schemas(folder, checked.rules, checked.library.names, seen.events, seen.roles)
