"""A release made ready to run: its rules compiled to SQL and its emails to templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import Problem, ProblemsError
from engine.rendering import Library, compile_library
from engine.rules.compiler import Program, compile_rule
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What the stages need of a release; 0 is the number of files that were never applied."""

    release_id: int
    rules: RuleSet
    programs: Mapping[str, Program]
    library: Library
    settings: Settings


def build(files: Mapping[str, str], *, release_id: int, settings: Settings) -> Runtime:
    """Compile checked files; raises ProblemsError where they are broken all the same."""
    library, found = compile_library(files)
    loaded = load(files, templates=library.names, zone=settings.time_zone)
    _require_sound((*loaded.problems, *found))
    return made(loaded.rules, library, release_id=release_id, settings=settings)


def made(rules: RuleSet, library: Library, *, release_id: int, settings: Settings) -> Runtime:
    """Return rules that were read, and emails that were compiled, ready to run."""
    programs = _compiled(rules, settings)
    return Runtime(release_id=release_id, rules=rules, programs=programs, library=library, settings=settings)


def at_home(settings: Settings, time_zone: str) -> Settings:
    """Return settings with the time zone of a release, which holds on every host that runs it."""
    return settings.model_copy(update={"time_zone": time_zone})


def build_programs(files: Mapping[str, str], *, settings: Settings) -> Mapping[str, Program]:
    """Compile only the rules of files; raises ProblemsError where they are broken."""
    loaded = load(files, zone=settings.time_zone)
    _require_sound(loaded.problems)
    return _compiled(loaded.rules, settings)


def _compiled(rules: RuleSet, settings: Settings) -> Mapping[str, Program]:
    return {name: compile_rule(rule, zone=settings.time_zone) for name, rule in rules.rules.items()}


def _require_sound(problems: Iterable[Problem]) -> None:
    broken = [problem for problem in problems if problem.severity == "error"]
    if broken:
        raise ProblemsError(broken)
