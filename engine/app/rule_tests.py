"""The tests of a workspace's rules, as its files lie on disk; no database is needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.confined.library import compile_confined
from engine.errors import Problem, ProblemsError, UsageError, did_you_mean
from engine.rendering import Library, compile_library
from engine.rules.loader import load
from engine.rules.model import RuleSet
from engine.rules.scenarios.model import Scenario
from engine.rules.scenarios.read import rule_of
from engine.ruletests import Bench, TestResult, Tests, read
from engine.ruletests.junit import document
from engine.ruletests.words import REST, mail_title, silence_title
from engine.settings import Settings
from engine.workspace import read_files

Told = Callable[[TestResult], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tests are asked for: of rules or files, and of those the expectations that hold a word; all if empty."""

    names: tuple[str, ...] = ()
    word: str = ""
    stop_early: bool = False


@dataclass(frozen=True, kw_only=True)
class Ran:
    """The tests that were run, and what is wrong with files of those that were asked for."""

    results: tuple[TestResult, ...]
    problems: tuple[Problem, ...]

    @property
    def mistakes(self) -> tuple[Problem, ...]:
        """The problems for which a file was not run."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def lint(self) -> tuple[Problem, ...]:
        """The problems of files that were run all the same."""
        return tuple(problem for problem in self.problems if problem.severity == "lint")

    @property
    def passed(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mistakes and all(result.passed for result in self.results)


def run_tests(settings: Settings, wanted: Wanted, *, told: Told) -> Ran:
    """Run tests of the workspace, each on a scratch database; `told` hears of each as it is done.

    Raises ProblemsError for broken rules and emails, and UsageError where no test is asked for that there is.
    """
    files, rules, library = _sound(settings)
    tests = read(files, templates=library.names, zone=settings.time_zone)
    paths = _chosen(wanted, tests, rules)
    bench = Bench(files=files, library=library, settings=settings)
    results: list[TestResult] = []
    for path in paths:
        if path not in tests.scenarios or not _titles(wanted, tests.scenarios[path]):
            continue
        result = _narrowed(bench.run(tests.scenarios[path]), wanted)
        results.append(result)
        told(result)
        if wanted.stop_early and not result.passed:
            break
    problems = tuple(problem for problem in tests.problems if problem.path in paths)
    if not results and not problems:
        raise UsageError(f"no expectation of {len(paths)} tests holds `{wanted.word}`")
    return Ran(results=tuple(results), problems=problems)


def write_junit(ran: Ran, path: Path) -> None:
    """Write results as JUnit XML. Raises UsageError where the file cannot be written."""
    try:
        path.write_text(document(ran.results, ran.mistakes), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {(error.strerror or '').lower()}") from None


def _sound(settings: Settings) -> tuple[Mapping[str, str], RuleSet, Library]:
    """Return the workspace's files, and what they say; raises ProblemsError where rules or emails are broken.

    What nobody has seen before is compiled apart first.
    """
    found = read_files(settings.workspace)
    apart, problems = compile_confined(found.files)
    loaded = load(found.files, templates=apart.names, zone=settings.time_zone)
    everything = (*found.problems, *loaded.problems, *problems)
    if broken := [problem for problem in everything if problem.severity == "error"]:
        raise ProblemsError(broken)
    return found.files, loaded.rules, compile_library(found.files)[0]


def _chosen(wanted: Wanted, tests: Tests, rules: RuleSet) -> tuple[str, ...]:
    """Return the paths of the tests that are asked for; raises UsageError for a name that is none."""
    if not tests.paths:
        raise UsageError("there are no tests yet; write one beside its rule, rules/RULE.test.yaml")
    found = {path for name in wanted.names for path in _named(name, tests, rules)}
    return tuple(path for path in tests.paths if path in found or not wanted.names)


def _named(name: str, tests: Tests, rules: RuleSet) -> Collection[str]:
    """Return the tests that a rule's name or a file means."""
    file = f"rules/{Path(name).name}"
    if file in tests.paths:
        return [file]
    of_rule = [path for path in tests.paths if name in {rule_of(path), *_rules(path, tests)}]
    if of_rule:
        return of_rule
    if name in rules.rules:
        raise UsageError(f"the rule {name} has no test; write rules/{name}.test.yaml")
    known = [*rules.rules, *(path.removeprefix("rules/") for path in tests.paths)]
    hint = did_you_mean(name, known) or f"there are tests of {', '.join(sorted(map(rule_of, tests.paths)))}"
    raise UsageError(f"there is no rule and no test {name}; {hint}")


def _rules(path: str, tests: Tests) -> tuple[str, ...]:
    return tests.scenarios[path].rules if path in tests.scenarios else ()


def _titles(wanted: Wanted, scenario: Scenario) -> list[str]:
    """Return what is asked for of a test: all of it where its file holds the word."""
    titles = [mail_title(mail, scenario.zone) for mail in scenario.expected]
    titles += [silence_title(never, scenario.zone) for never in scenario.never]
    return [title for title in (*titles, REST) if _holds(wanted, scenario.path, title)]


def _holds(wanted: Wanted, path: str, title: str) -> bool:
    return wanted.word.casefold() in f"{path} {title}".casefold()


def _narrowed(result: TestResult, wanted: Wanted) -> TestResult:
    kept = (verdict for verdict in result.verdicts if _holds(wanted, result.path, verdict.title))
    return replace(result, verdicts=tuple(kept))
