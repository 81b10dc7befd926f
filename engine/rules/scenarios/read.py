"""Reads one test file into a scenario, or says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.errors import Problem, did_you_mean
from engine.rules.codes import RULE_CODES
from engine.rules.language.forms import Answers, FormOf
from engine.rules.language.reading import Reading, found
from engine.rules.language.vocabulary import Names, Vocabulary, suggestion
from engine.rules.model import Place, RuleSet
from engine.rules.scenarios.checks import check
from engine.rules.scenarios.codes import SCENARIO_CODES
from engine.rules.scenarios.forms import CHANGE, EVENT, EXPECTED, NEVER, SCENARIO, ZONE
from engine.rules.scenarios.model import Change, Company, Expected, Happening, Never, Person, Scenario
from engine.rules.scenarios.stops import MOST_STOPS, too_many_stops
from engine.rules.scenarios.subjects import place_of, read_company, read_person
from engine.rules.scenarios.times import Line, begins, ends
from engine.yaml_text import Entry, MapNode, Node, read

SUFFIX = ".test.yaml"
FOLDER = "rules/"
T = TypeVar("T")


def is_test(path: str) -> bool:
    """Return whether a file of the workspace is a test of rules."""
    return path.startswith(FOLDER) and path.endswith(SUFFIX)


def rule_of(path: str) -> str:
    """Return the rule that a test file is named after: `rules/RULE.test.yaml` or `rules/RULE.WORDS.test.yaml`."""
    return path.removeprefix(FOLDER).removesuffix(SUFFIX).partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class ScenarioRead:
    """What a test file says, None where it is broken, and what is wrong with it."""

    scenario: Scenario | None
    problems: tuple[Problem, ...]


def read_scenario(path: str, text: str, rules: RuleSet, vocabulary: Vocabulary) -> ScenarioRead:
    """Read a test file; `vocabulary` holds the names of the workspace, those of its rules among them.

    Never raises for content.
    """
    result = read(text, path=path)
    reading = Reading(vocabulary=vocabulary, codes=RULE_CODES | SCENARIO_CODES, problems=list(result.problems))
    table = None if result.problems else _table(result.node, path, reading)
    scenario = _scenario(path, table, rules, reading) if table else None
    sound = all(problem.severity == "lint" for problem in reading.problems)
    return ScenarioRead(scenario=scenario if sound else None, problems=tuple(sorted(set(reading.problems))))


def _table(node: Node | None, path: str, reading: Reading) -> MapNode | None:
    if node is None:
        return reading.refuse("E606", Problem(path=path, code="", message=""), why="the file is empty")
    if isinstance(node, MapNode) and node.entries:
        return node
    return reading.refuse("E203", node, expected="a table with `customers` and `expect`", found=found(node))


def _scenario(path: str, table: MapNode, rules: RuleSet, reading: Reading) -> Scenario | None:
    """Return what a file says; None if any of it is broken."""
    reading.vocabulary = _with_own_names(table, reading.vocabulary)
    if not any(entry.key.text == "expect" or did_you_mean(entry.key.text, ["expect"]) for entry in table):
        reading.refuse("E606", table, why="it expects nothing")
    answers = SCENARIO.read_entries(table, reading)
    named = _named(path, table, answers, reading)
    parts = _parts(answers, reading) if answers and "expect" in answers else None
    if answers is None or named is None or parts is None:
        return None
    zone, lines, chosen = reading.vocabulary.zone, parts.lines, [rules.rules[name] for name in named]
    start = answers.get("start") or begins(lines, zone)
    if start is None:
        return reading.refuse("E611", table)
    until = answers.get("until") or ends(lines, start, chosen, zone)
    place = place_of(table)
    scenario = Scenario(path=path, place=place, rules=named, zone=zone, start=start, until=until, **vars(parts))
    reading.problems.extend(check(scenario, rules))
    if too_many_stops(scenario, chosen):
        reading.refuse("E614", table.get("until") or table, most=f"{MOST_STOPS:,}", hint="a few days show as much")
    return scenario


def _with_own_names(table: MapNode, vocabulary: Vocabulary) -> Vocabulary:
    """Return the names that the rest of the file may use: its zone, and who is in it."""
    zone = table.get("zone")
    own = ZONE.read(zone, Reading(vocabulary=vocabulary)) if zone else None
    return replace(
        vocabulary,
        zone=own or vocabulary.zone,
        customers=_names(table.get("customers")),
        accounts=_names(table.get("accounts")),
    )


def _names(node: Node | None) -> Names:
    """Return the names of a section; a section that is no table has none to be missed."""
    if not isinstance(node, MapNode):
        return Names(whole=node is None)
    return Names(good=frozenset(entry.key.text for entry in node))


def _named(path: str, table: MapNode, answers: Answers | None, reading: Reading) -> tuple[str, ...] | None:
    """Return the rules that run: those of `rules`, else the one that the file is named after."""
    if table.get("rules") is not None:
        return tuple(dict.fromkeys(answers["rules"])) if answers else None
    name, known = rule_of(path), reading.vocabulary.rules
    if known.unknown(name):
        hint = suggestion(name, known.good | known.broken)
        return reading.refuse("E605", Problem(path=path, code="", message=""), name=name, hint=hint)
    return (name,) if name in known.good else None


@dataclass(frozen=True, kw_only=True)
class _Parts:
    accounts: Mapping[str, Company]
    customers: Mapping[str, Person]
    events: tuple[Happening, ...]
    changes: tuple[Change, ...]
    expected: tuple[Expected, ...]
    never: tuple[Never, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*self.events, *self.changes, *self.expected, *self.never)


def _parts(answers: Answers, reading: Reading) -> _Parts | None:
    """Return who is there, what happens and what is expected; None if any of it is broken."""
    before = len(reading.problems)
    accounts = _subjects(answers.get("accounts", ()), read_company, reading)
    customers = _subjects(answers["customers"], read_person, reading)
    happenings = [_happening(row, place) for row, place in _rows(answers.get("events", ()), EVENT, reading)]
    changes = [_change(row, place) for row, place in _rows(answers.get("changes", ()), CHANGE, reading)]
    silences = [node for node in answers["expect"] if isinstance(node, MapNode) and node.get("never") is not None]
    mails = [node for node in answers["expect"] if node not in silences]
    expected = [each for row, place in _rows(mails, EXPECTED, reading) for each in _expected(row, place)]
    never = [each for row, place in _rows(silences, NEVER, reading) for each in _never(row, place)]
    if any(problem.severity == "error" for problem in reading.problems[before:]):
        return None
    return _Parts(
        accounts=accounts,
        customers=customers,
        events=tuple(happenings),
        changes=tuple(changes),
        expected=tuple(expected),
        never=tuple(never),
    )


def _subjects(table: object, make: Callable[[Entry, Reading], T | None], reading: Reading) -> dict[str, T]:
    entries = table if isinstance(table, MapNode) else ()
    made = {entry.key.text: make(entry, reading) for entry in entries}
    return {name: one for name, one in made.items() if one is not None}


def _rows(nodes: object, form: FormOf, reading: Reading) -> Iterator[tuple[Answers, Place]]:
    """Yield the answers of each line of a section that is sound, with its place."""
    for node in nodes:  # type: ignore[attr-defined]
        answers = form.read(node, reading)
        if answers is not None:
            yield answers, place_of(node)


def _happening(row: Answers, place: Place) -> Happening:
    properties = row.get("with", {})
    arrives = row.get("arrives")
    return Happening(
        at=row["at"], who=row["who"], event=row["did"], properties=properties, arrives=arrives, place=place
    )


def _change(row: Answers, place: Place) -> Change:
    return Change(
        at=row["at"],
        who=row["who"],
        facts=row.get("set", {}),
        suppress=row.get("suppress"),
        consents=row.get("consents", ()),
        joins=row.get("joins"),
        role=row.get("as"),
        leaves=row.get("leaves"),
        place=place,
    )


def _expected(row: Answers, place: Place) -> Iterator[Expected]:
    rest = {key: value for key, value in row.items() if key != "to"}
    yield from (Expected(to=name, place=place, **rest) for name in row["to"])


def _never(row: Answers, place: Place) -> Iterator[Never]:
    names = {"rule": row.get("rule"), "template": row.get("template")}
    span = {"since": row.get("from"), "until": row.get("until")}
    yield from (Never(who=name, place=place, **names, **span) for name in row["never"])
