"""Whether a silence could ever have been broken: a `never` about which there is no doubt tests nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.rules import anatomy
from engine.rules.model import Group, PropertyTest, Rule, Send, Trigger
from engine.rules.scenarios.model import Never, Scenario

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """A moment at which a rule without its conditions would have written about a customer or an account."""

    rule: str
    subject: str
    at: datetime


def loosened(rule: Rule) -> Rule:
    """Return a rule that asks for as little as can be.

    No conditions, no `where`, no `first`, absences of a day, and beside its own moments one on the fact itself.
    """
    offsets = {send.offset for send in rule.sends}
    plain = Send(label="at once", offset=timedelta(), template=rule.sends[0].template)
    sends = rule.sends if plain.offset in offsets else (*rule.sends, plain)
    ordered = tuple(sorted(sends, key=lambda send: send.offset))
    return replace(rule, conditions=Group(kind="all", parts=()), trigger=_open(rule.trigger), sends=ordered)


def _open(trigger: Trigger) -> Trigger:
    """Return a trigger without the options that narrow it, whichever trigger it is."""
    assert is_dataclass(trigger)
    values = {field.name: getattr(trigger, field.name) for field in fields(trigger)}
    wider: dict[str, Any] = {name: () for name, value in values.items() if _are_tests(value)}
    wider |= {name: False for name, value in values.items() if value is True}
    wider |= {name: min(value, DAY) for name, value in values.items() if isinstance(value, timedelta)}
    return replace(trigger, **wider)


def _are_tests(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(each, PropertyTest) for each in value)


def in_doubt(never: Never, scenario: Scenario, rules: Iterable[Rule], occasions: Iterable[Occasion]) -> bool:
    """Return whether a rule could have written to a customer in the span of a silence.

    A trigger that is made of conditions could begin for anybody at any time.
    """
    chosen = [rule for rule in rules if never.rule in {None, rule.name} and _sends(rule, never.template)]
    if any(map(anatomy.begins_by_conditions, chosen)):
        return True
    about = {(rule.name, name) for rule in chosen for name in _subjects(rule, never.who, scenario)}
    return any((each.rule, each.subject) in about and _within(never, each.at) for each in occasions)


def _sends(rule: Rule, template: str | None) -> bool:
    return template is None or any(send.template == template for send in rule.sends)


def _subjects(rule: Rule, who: str, scenario: Scenario) -> set[str]:
    """Return whom a rule may be about whose mail could go to a customer: of a role, everybody of the account."""
    if rule.to_role is None:
        return {who}
    own = _accounts(who, scenario)
    colleagues = {name for name in scenario.customers if own & _accounts(name, scenario)}
    return own if rule.subject == "account" else {who, *colleagues}


def _accounts(who: str, scenario: Scenario) -> set[str]:
    """Return the accounts that a customer ever belongs to."""
    times = [scenario.start, *(change.at for change in scenario.changes if who in change.who)]
    return {found[0] for at in times if (found := scenario.membership(who, at))}


def _within(never: Never, at: datetime) -> bool:
    """Return whether a mail of a moment may leave in a span: some wait for their time of day."""
    return (never.since is None or at >= never.since - DAY) and (never.until is None or at <= never.until)
