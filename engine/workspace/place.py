"""Where the workspace is: the folder that holds `lifecycle.yaml`, rules and templates."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError

SETTINGS_FILE = "lifecycle.yaml"


def find(given: Path | None = None, *, start: Path | None = None) -> Path:
    """Return the absolute path of the workspace: the one given, else `start` or the nearest folder above it.

    `start` is the current folder by default. Raises UsageError where there is none.
    """
    if given is not None:
        return _given(given)
    start = (start or _current()).resolve()
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    message = f"{start} is not in a workspace: there is no {SETTINGS_FILE} here or in a folder above"
    raise UsageError(f"{message}; go to one, name one with --workspace, or make one with `lifecycle init`")


def _given(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"the workspace {folder} is not a folder; correct --workspace or LIFECYCLE_WORKSPACE")
    if not any((folder / name).exists() for name in (SETTINGS_FILE, "rules")):
        raise UsageError(f"{folder} is not a workspace: it has no {SETTINGS_FILE}; make one with `lifecycle init`")
    return folder.resolve()


def _current() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder was deleted; go to a workspace, or name one with --workspace") from None
