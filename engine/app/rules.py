"""The rules that run now, ready to be asked; emails are left out, since compiling them takes longer than asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.app.opened import App
from engine.app.sources import source
from engine.db import reading
from engine.errors import ProblemsError, UsageError, did_you_mean
from engine.releases import store
from engine.rules.compiler import Program, compile_rule
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.runtime import at_home
from engine.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Compiled rules; `release` 0 means that they were read from the workspace's files."""

    release: int
    rules: RuleSet
    programs: Mapping[str, Program]


def running_rules(app: App) -> Rules:
    """Return the rules of the live release, in its zone; before the first one those of the files.

    Raises ProblemsError.
    """
    with reading(app.database) as connection:
        release = store.live(connection)
    if release is not None:
        return compiled(release.files, release.id, at_home(app.settings, release.time_zone))
    return written_rules(app)


def written_rules(app: App) -> Rules:
    """Return the rules of the workspace's files. Raises ProblemsError where they are broken."""
    return compiled(source(app).files, 0, app.settings)


def rules_with(app: App, rule: str) -> Rules:
    """Return the live rules, or those of the files where only they have `rule`.

    Raises UsageError for a rule that nobody has written, ProblemsError where its file is broken.
    """
    running = running_rules(app)
    if rule in running.programs:
        return running
    names = {path.removeprefix("rules/").removesuffix(".yaml") for path in source(app).files if path.endswith(".yaml")}
    if rule in names:
        return written_rules(app)
    known = sorted(running.programs)
    hint = did_you_mean(rule, {*known, *names}) or f"there is {', '.join(known)}"
    raise UsageError(f"there is no rule {rule}; {hint}")


def compiled(files: Mapping[str, str], release: int, settings: Settings) -> Rules:
    """Return the rules of files, ready to be asked. Raises ProblemsError where they are broken."""
    loaded = load(files, zone=settings.time_zone)
    if broken := [problem for problem in loaded.problems if problem.severity == "error"]:
        raise ProblemsError(broken)
    programs = {name: compile_rule(rule, zone=settings.time_zone) for name, rule in loaded.rules.rules.items()}
    return Rules(release=release, rules=loaded.rules, programs=programs)
