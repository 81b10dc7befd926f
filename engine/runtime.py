"""A release made ready to run: its rules compiled to SQL and its emails to templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import ProblemsError
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
    broken = [problem for problem in (*loaded.problems, *found) if problem.severity == "error"]
    if broken:
        raise ProblemsError(broken)
    programs = {name: compile_rule(rule, zone=settings.time_zone) for name, rule in loaded.rules.rules.items()}
    return Runtime(release_id=release_id, rules=loaded.rules, programs=programs, library=library, settings=settings)
