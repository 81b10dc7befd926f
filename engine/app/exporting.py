"""Everything known of a customer, written as JSON to a stream or a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from engine import privacy
from engine.app.erasing import known
from engine.app.opened import App
from engine.db import reading
from engine.errors import UsageError
from engine.workspace import require_secret


def export(app: App, name: str, write: Callable[[str], object]) -> str:
    """Write all there is about the customer that an id, alias or address names; returns the id.

    Raises LifecycleError where nobody is named so, or whoever was is erased.
    """
    secret = require_secret(app.settings)
    with reading(app.database) as connection:
        id_ = known(connection, name, secret)
        for piece in privacy.export(connection, privacy.names_of(connection, id_, secret), now=app.clock.now()):
            write(piece)
    return id_


def export_to(app: App, name: str, path: Path) -> str:
    """Write the same into a new file that only its owner may read; raises UsageError where it cannot be made."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already; name another file, or remove it") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            return export(app, name, stream.write)
    except BaseException:
        path.unlink()
        raise
