"""What is wrong between the lines of a test file, each of which is sound by itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Problem
from engine.rules.language.vocabulary import suggestion
from engine.rules.model import RuleSet
from engine.rules.scenarios.codes import SCENARIO_CODES
from engine.rules.scenarios.model import Change, Expected, Never, Scenario

MINUTE = "%Y-%m-%d %H:%M"


def check(scenario: Scenario, rules: RuleSet) -> Iterator[Problem]:
    """Yield what cannot be: times outside of the clock, mails that no rule sends, lines against each other."""
    yield from _times(scenario)
    yield from _names(scenario, rules)
    yield from _opposites(scenario)
    for change in scenario.changes:
        if not (change.facts or change.suppress or change.consents or change.joins or change.leaves):
            yield SCENARIO_CODES["E612"].at(change.place)
        yield from _of_persons(change, scenario)


def _times(scenario: Scenario) -> Iterator[Problem]:
    start, until = scenario.start, scenario.until
    if start >= until:
        yield SCENARIO_CODES["E608"].at(scenario.place, why="nowhere: the clock would stop before it starts")
        return
    lines: tuple[Expected | Change, ...] = (*scenario.expected, *scenario.changes)
    for line in lines:
        if not start <= line.at <= until:
            why = "before the rules go live" if line.at < start else "after the clock stops"
            edge = f"`start` is {start:{MINUTE}} UTC" if line.at < start else f"`until` is {until:{MINUTE}} UTC"
            yield SCENARIO_CODES["E608"].at(line.place, why=why, hint=edge)
    for event in scenario.events:
        if max(event.at) > until or (event.arrives and event.arrives < max(event.at)):
            early = event.arrives and event.arrives < max(event.at)
            why = "after it `arrives`" if early else "after the clock stops"
            yield SCENARIO_CODES["E608"].at(event.place, why=why)


def _names(scenario: Scenario, rules: RuleSet) -> Iterator[Problem]:
    sent = {send.template for name in scenario.rules for send in rules.rules[name].sends}
    lines: tuple[Expected | Never, ...] = (*scenario.expected, *scenario.never)
    for line in lines:
        if line.template and line.template not in sent:
            hint = suggestion(line.template, sent)
            yield SCENARIO_CODES["E610"].at(line.place, name=line.template, hint=hint)
        if line.rule and line.rule not in scenario.rules:
            hint = suggestion(line.rule, scenario.rules)
            yield SCENARIO_CODES["E605"].at(line.place, name=line.rule, hint=hint)


def _of_persons(change: Change, scenario: Scenario) -> Iterator[Problem]:
    """Yield what an account cannot do, and facts of an account of somebody who has none."""
    for name in (name for name in change.who if name not in scenario.customers):
        personal = [path for path in change.facts if path.startswith("customer.")]
        if personal or change.suppress or change.consents or change.joins or change.leaves:
            yield SCENARIO_CODES["E601"].at(change.place, name=name, hint=f"`{name}` is an account")
    of_account = any(path.startswith("account.") for path in change.facts)
    for name in (name for name in change.who if name in scenario.customers):
        if of_account and scenario.membership(name, change.at) is None:
            yield SCENARIO_CODES["E613"].at(change.place, name=name)


def _opposites(scenario: Scenario) -> Iterator[Problem]:
    for never in scenario.never:
        for mail in scenario.expected:
            if silences(never, mail):
                first, second = sorted((never.place, mail.place), key=lambda place: (place.line, place.column))
                yield SCENARIO_CODES["E609"].at(second, line=first.line)


def silences(never: Never, mail: Expected) -> bool:
    """Return whether a silence leaves no room for a mail."""
    names = (never.rule, mail.rule), (never.template, mail.template)
    apart = any(one and one != other for one, other in names)
    early = never.since is not None and mail.at < never.since
    late = never.until is not None and mail.at > never.until
    return never.who == mail.to and not (apart or early or late)
