"""Loads every test file of the rules folder, with the names that rules, templates and facts give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import Problem
from engine.rules import anatomy
from engine.rules.language.vocabulary import Names, Vocabulary
from engine.rules.loader import FOLDER, SPECIAL, Loaded
from engine.rules.model import RuleSet
from engine.rules.scenarios.model import Scenario
from engine.rules.scenarios.read import is_test, read_scenario


@dataclass(frozen=True, kw_only=True)
class Scenarios:
    """The tests that could be read, by their file, and what is wrong with any."""

    scenarios: Mapping[str, Scenario]
    problems: tuple[Problem, ...]


def load_scenarios(files: Mapping[str, str], loaded: Loaded) -> Scenarios:
    """Load `rules/*.test.yaml` of some files (path to text), whose rules were loaded; never raises for content."""
    words = vocabulary_of_tests(loaded.rules, loaded.vocabulary, files)
    paths = sorted(path for path in files if is_test(path))
    found = {path: read_scenario(path, files[path], loaded.rules, words) for path in paths}
    return Scenarios(
        scenarios={path: read.scenario for path, read in found.items() if read.scenario},
        problems=tuple(sorted({problem for read in found.values() for problem in read.problems})),
    )


def vocabulary_of_tests(rules: RuleSet, vocabulary: Vocabulary, files: Mapping[str, str] = {}) -> Vocabulary:
    """Return the names that tests may use: those of rules, with the rules themselves and the events they read.

    Of `files`, rules that are broken are known to be there.
    """
    written = {path.removeprefix(FOLDER).removesuffix(".yaml") for path in files if _is_rule(path)}
    read = frozenset(event for rule in rules.rules.values() for event in anatomy.events(rule))
    names = Names(good=frozenset(rules.rules), broken=frozenset(written - rules.rules.keys()))
    return replace(vocabulary, rules=names, events=vocabulary.events | read)


def _is_rule(path: str) -> bool:
    return path.startswith(FOLDER) and path.endswith(".yaml") and path not in SPECIAL and not is_test(path)
