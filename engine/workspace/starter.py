"""The starter pack: the rules and templates that a new workspace begins with."""

from __future__ import annotations

from pathlib import Path

from engine.errors import LifecycleError

FOLDERS = ("rules", "templates")


def starter_pack() -> Path:
    """Return the folder that holds the starter pack's `rules/` and `templates/`.

    In an installed package that is `engine/starter`; in a checkout it is the top of the repository.
    """
    package = Path(__file__).parent.parent
    for folder in (package / "starter", package.parent):
        if all((folder / name).is_dir() for name in FOLDERS):
            return folder
    raise LifecycleError("the starter pack is not part of this installation; install lifecycle-engine again")
