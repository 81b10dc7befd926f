"""Where files come from: who applies them, and their git revision."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

GIT_SECONDS = 5


def author() -> str:
    """Return the name of the operating system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def git_revision(folder: Path) -> str | None:
    """Return the folder's commit, marked `+` where files differ from it; None outside git."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    if not commit:
        return None
    changed = _git(folder, "status", "--porcelain", "--", "rules", "templates")
    return commit + ("+" if changed else "")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
