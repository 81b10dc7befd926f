"""Finds conditions that can never hold together: they would make a rule that is silent for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.impossible import did_tests_clash, fact_tests_clash
from engine.rules.language.located import Located
from engine.rules.model import DateTrigger, DidTest, EventTrigger, EveryTrigger, FactTest, Group, Trigger
from engine.yaml_text import Node


def contradictions(conditions: Located, trigger: Trigger | None = None) -> Iterator[Problem]:
    """Yield each condition that contradicts an earlier one of the same `all`, or the trigger itself."""
    seen: list[Located] = []
    for leaf in _together(conditions):
        if why := _against_trigger(leaf, trigger):
            yield RULE_CODES["E506"].at(leaf.node, why=why)
        elif clash := _first_clash(leaf, seen):
            yield RULE_CODES["E505"].at(leaf.node, other=_where(clash))
            continue
        seen.append(leaf)
    for part in _inner(conditions):
        yield from contradictions(part, trigger if _positive(part) else None)


def _where(other: Located) -> str:
    return f"the condition on line {other.node.line}"


def _positive(part: Located) -> bool:
    return isinstance(part.condition, Group) and part.condition.kind == "all"


def _together(conditions: Located, place: Node | None = None) -> Iterator[Located]:
    """Yield the tests that must all hold; those of a segment at the place that names it."""
    for part in conditions.parts:
        if not isinstance(part.condition, Group):
            yield Located(condition=part.condition, node=place or part.node)
        elif part.condition.kind == "all":
            yield from _together(part, place or (part.node if part.segment else None))


def _inner(conditions: Located) -> Iterator[Located]:
    """Yield the groups whose parts are judged by themselves; a segment's inner groups are judged in its own file."""
    for part in conditions.parts:
        if not isinstance(part.condition, Group) or part.segment:
            continue
        if part.condition.kind == "all":
            yield from _inner(part)
        else:
            yield from (inner for inner in part.parts if _positive(inner) and not inner.segment)
            yield from (deeper for inner in part.parts if not _positive(inner) for deeper in _inner(_only(inner)))


def _only(part: Located) -> Located:
    return Located(condition=Group(kind="all", parts=(part.condition,)), node=part.node, parts=(part,))


def _first_clash(leaf: Located, seen: list[Located]) -> Located | None:
    """Return the earlier condition that, with those before it, leaves nothing for this one."""
    before: list[Located] = []
    for other in seen:
        before.append(other)
        if other.node is not leaf.node and _clash([*before, leaf]):
            return other
    return None


def _clash(together: list[Located]) -> bool:
    last = together[-1].condition
    if isinstance(last, FactTest):
        tests = [one.condition for one in together if isinstance(one.condition, FactTest)]
        return fact_tests_clash([test for test in tests if test.fact.path == last.fact.path])
    done = [one.condition for one in together if isinstance(one.condition, DidTest)]
    assert isinstance(last, DidTest)
    return did_tests_clash([test for test in done if test.event == last.event])


def _against_trigger(leaf: Located, trigger: Trigger | None) -> str:
    test = leaf.condition
    if isinstance(test, FactTest) and isinstance(trigger, DateTrigger | EveryTrigger):
        fact = trigger.fact if isinstance(trigger, DateTrigger) else trigger.since
        return "the trigger needs this fact" if test.operator == "missing" and test.fact == fact else ""
    if isinstance(test, DidTest) and isinstance(trigger, EventTrigger) and test.event == trigger.event:
        ever = test.within is None and not test.since_trigger and not test.where
        return "the trigger is this event" if ever and test.negated and test.at_least == 1 else ""
    return ""
