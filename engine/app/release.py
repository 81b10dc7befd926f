"""Making the workspace's files live."""

from __future__ import annotations

from dataclasses import dataclass

from engine.app.opened import App
from engine.app.sources import source
from engine.checking import require_sound
from engine.db import reading
from engine.errors import Problem
from engine.intake.recasting import Progress, Recast
from engine.releases import store
from engine.releases.apply import Applied, Origin, apply
from engine.releases.declarations import settle
from engine.releases.origin import author, git_revision


@dataclass(frozen=True, kw_only=True)
class Done:
    """What applying did; `older` is the release that these files were before, where they were left alone for that.

    `recast` says what became of stored values of traits whose declaration changed.
    """

    applied: Applied | None
    lint: tuple[Problem, ...] = ()
    older: int | None = None
    live: int | None = None
    recast: tuple[Recast, ...] = ()


def make_release(app: App, *, never_back: bool = False, progress: Progress | None = None) -> Done:
    """Check the workspace's files and apply them.

    With `never_back`, files that were a release before, but are not the live one, are left alone (a rolling deployment
    must not flip; docs/decisions/0005). `progress` is told how many stored values of traits have been read anew, of how
    many. Raises ProblemsError for broken files.
    """
    files = source(app).files
    lint = require_sound(files, app.settings)
    fingerprint = store.files_fingerprint(files)
    with reading(app.database) as connection:
        older, live = store.number_of(connection, fingerprint), store.live_id(connection)
    if never_back and older is not None and older != live:
        return Done(applied=None, lint=lint, older=older, live=live)
    origin = Origin(author=author(), git_revision=git_revision(app.settings.workspace))
    done = apply(app.database, files, settings=app.settings, origin=origin, now=app.clock.now())
    recast = settle(app.database, clock=app.clock, progress=progress)
    return Done(applied=done, lint=lint, older=older, live=done.release_id, recast=recast)
