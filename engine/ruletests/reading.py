"""Every test file of a workspace, read: what it says, in its words and in the values that an import would take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.errors import Problem
from engine.facts import Trait
from engine.intake.fact_rows import FactReader
from engine.intake.mapping import Columns, plain_name
from engine.intake.records import Record
from engine.intake.refusal import Refused
from engine.rules.loader import Loaded, load
from engine.rules.scenarios.codes import SCENARIO_CODES
from engine.rules.scenarios.load import load_scenarios
from engine.rules.scenarios.model import Scenario
from engine.rules.scenarios.read import is_test
from engine.ruletests.rows import SUBJECTS, Arrival, arrivals
from engine.values import Border


@dataclass(frozen=True, kw_only=True)
class Tests:
    """The tests that are sound, by their file, every test file there is, and what is wrong with any."""

    __test__ = False  # pytest takes every class of this name for tests

    scenarios: Mapping[str, Scenario]
    paths: tuple[str, ...]
    problems: tuple[Problem, ...]


def read(
    files: Mapping[str, str],
    *,
    templates: Collection[str],
    zone: str,
    events: Collection[str] = (),
    roles: Collection[str] = (),
) -> Tests:
    """Read the tests among a workspace's files (path to text); never raises for content.

    `zone` is the workspace's, of tests that name none; `events` and `roles` that were seen find misspelt ones.
    """
    loaded = load(files, templates=templates, events=events, roles=roles, zone=zone)
    found = load_scenarios(files, loaded)
    refused = {path: _refused(scenario, loaded) for path, scenario in found.scenarios.items()}
    return Tests(
        scenarios={path: scenario for path, scenario in found.scenarios.items() if not refused[path]},
        paths=tuple(sorted(path for path in files if is_test(path))),
        problems=tuple(sorted({*found.problems, *(problem for each in refused.values() for problem in each)})),
    )


def _refused(scenario: Scenario, loaded: Loaded) -> tuple[Problem, ...]:
    """Return what an import would refuse of a test's facts."""
    rows = [row for row in arrivals(scenario) if row.kind in SUBJECTS]
    return tuple(problem for row in rows for problem in refusals(row, loaded.rules.traits, scenario.zone))


def refusals(arrival: Arrival, traits: Collection[Trait], zone: str) -> Iterator[Problem]:
    """Yield what an import would refuse of a row of facts, at its place and in the import's own words."""
    own = {plain_name(trait.name): trait for trait in traits if trait.subject == SUBJECTS[arrival.kind]}
    columns = Columns(kind=arrival.kind, mapping={}, event_name=None, traits=own, ignored=frozenset())
    try:
        FactReader(columns, Border(zone=zone))(Record(1, arrival.row.items(), arrival.row))
    except Refused as refused:
        for column, why in refused.problems:
            said = arrival.said.get(column) or arrival.said["id"]
            fact = f"{SUBJECTS[arrival.kind]}.{column}"
            yield SCENARIO_CODES["E604"].at(said, value=said.text, fact=fact, why=why)
