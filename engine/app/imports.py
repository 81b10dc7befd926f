"""Importing a file with what the workspace knows of its traits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from engine.app.opened import App
from engine.app.rules import running_rules
from engine.db import reading
from engine.errors import ProblemsError
from engine.facts import Trait
from engine.intake import ImportOptions, ImportReport, Kind, Progress, import_file
from engine.releases.declarations import keeping_step, traits_of
from engine.releases.store import live
from engine.rules.loader import load
from engine.workspace import read_files

TRAITS = "rules/traits.yaml"


def declared_traits(app: App) -> tuple[Trait, ...]:
    """Return the traits that `rules/traits.yaml` declares; of those that the live release declares, as it does.

    A type that was edited counts from `lifecycle apply` on: until then the rules that run compare the old one. Raises
    ProblemsError where the file is broken, since its traits would be stored as texts.
    """
    found = {trait.fact.path: trait for trait in _written_traits(app)}
    return tuple((found | {trait.fact.path: trait for trait in _live_traits(app)}).values())


def edited_traits(app: App) -> tuple[Trait, ...]:
    """Return the live traits whose type is another one in the files, which does not count before `lifecycle apply`."""
    types = {trait.fact.path: trait.type for trait in _written_traits(app)}
    return tuple(trait for trait in _live_traits(app) if types.get(trait.fact.path, trait.type) != trait.type)


def _written_traits(app: App) -> tuple[Trait, ...]:
    files = {path: text for path, text in read_files(app.settings.workspace).files.items() if path == TRAITS}
    loaded = load(files, zone=app.settings.time_zone)
    broken = [problem for problem in loaded.problems if problem.path == TRAITS and problem.severity == "error"]
    if broken:
        raise ProblemsError(broken)
    return loaded.rules.traits


def _live_traits(app: App) -> tuple[Trait, ...]:
    with reading(app.database) as connection:
        release = live(connection)
    return () if release is None else traits_of(release.files)


def marketing_topics(app: App) -> frozenset[str]:
    """Return the topics that people may say no to, of the live release or, before the first, of the files."""
    topics = running_rules(app).rules.topics.values()
    return frozenset(topic.name for topic in topics if topic.kind == "marketing")


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
    topics = marketing_topics(app) if kind in {Kind.CONSENTS, Kind.SUPPRESSIONS} else frozenset()
    keyed = replace(options, secret=app.settings.secret.get_secret_value(), topics=topics)
    with keeping_step(app.database, clock=app.clock):
        return import_file(
            app.database, kind, source, clock=app.clock, options=keyed, rejects_path=rejects, progress=progress
        )
