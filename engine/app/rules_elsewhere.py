"""The rules of another folder: a version to try beside the one in the workspace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from engine.app.opened import App
from engine.app.rules import Rules, compiled
from engine.errors import Problem, ProblemsError, UsageError
from engine.workspace import read_files

RULES = "rules/"
SHARED = ("topics.yaml", "traits.yaml", "segments.yaml")
"""What a folder of rules may leave out: it is the workspace's then."""


def rules_of(app: App, folder: Path) -> Rules:
    """Return the rules of a folder like `rules/`; what all rules share and it lacks is taken from the workspace.

    Raises UsageError where it holds no rules, ProblemsError where they are broken; places are in that folder.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}; name one that holds rules, such as rules/")
    where = folder.resolve()
    found = read_files(where.parent, folders=[where.name])
    own = {path.replace(f"{where.name}/", RULES, 1): text for path, text in found.files.items()}
    if broken := [each for each in found.problems if each.severity == "error"]:
        raise ProblemsError(_placed(broken, f"{where.name}/", folder))
    try:
        rules = compiled({**_shared(app), **own}, 0, app.settings)
    except ProblemsError as error:
        raise ProblemsError(_placed(error.problems, RULES, folder, own)) from None
    if not rules.programs:
        raise UsageError(f"{folder} holds no rules; name a folder that does, such as rules/")
    return rules


def _shared(app: App) -> dict[str, str]:
    files = read_files(app.settings.workspace).files
    return {path: text for path, text in files.items() if path.removeprefix(RULES) in SHARED}


def _placed(problems: Iterable[Problem], prefix: str, folder: Path, own: Iterable[str] | None = None) -> list[Problem]:
    """Return problems with their places in the folder, but for those of files that are the workspace's."""
    return [
        problem
        if own is not None and problem.path not in own
        else replace(problem, path=str(folder / problem.path.removeprefix(prefix)))
        for problem in problems
    ]
