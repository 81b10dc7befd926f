"""Can this process do its work now?"""

from __future__ import annotations

from dataclasses import dataclass

from engine import schema
from engine.app.opened import App
from engine.errors import LifecycleError


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether the database answers and is of this version; `reason` says what is missing."""

    ready: bool
    reason: str = ""


def readiness(app: App) -> Readiness:
    """Ask the database; it is never an error that it does not answer."""
    try:
        schema.require_current(app.database)
    except LifecycleError as error:
        return Readiness(ready=False, reason=str(error))
    return Readiness(ready=True)
