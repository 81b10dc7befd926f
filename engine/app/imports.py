"""Importing a file with what the workspace knows of its traits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from engine.app.opened import App
from engine.db import reading
from engine.errors import ProblemsError
from engine.facts import Trait
from engine.intake import ImportOptions, ImportReport, Kind, Progress, import_file
from engine.releases.store import live
from engine.rules.loader import load
from engine.workspace import read_files

TRAITS = "rules/traits.yaml"


def declared_traits(app: App) -> tuple[Trait, ...]:
    """Return the traits that `rules/traits.yaml` declares, or, without that file, those of the live release.

    Raises ProblemsError where the file is broken, since its traits would be stored as texts.
    """
    files = {path: text for path, text in read_files(app.settings.workspace).files.items() if path == TRAITS}
    if not files:
        with reading(app.database) as connection:
            release = live(connection)
        files = {} if release is None else {TRAITS: release.files.get(TRAITS, "")}
    loaded = load(files, zone=app.settings.time_zone)
    broken = [problem for problem in loaded.problems if problem.path == TRAITS and problem.severity == "error"]
    if broken:
        raise ProblemsError(broken)
    return loaded.rules.traits


def import_rows(
    app: App,
    kind: Kind,
    source: Path | BinaryIO,
    *,
    options: ImportOptions,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a file or stream; good rows go in, bad ones into a rejects file. Raises as `intake.import_file` does."""
    keyed = replace(options, secret=app.settings.secret.get_secret_value())
    return import_file(
        app.database, kind, source, clock=app.clock, options=keyed, rejects_path=rejects, progress=progress
    )
