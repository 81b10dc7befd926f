"""Which facts a rule's own trigger and conditions prove to be there, so that its mails need no default for them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.rules.model import Condition, DateTrigger, EveryTrigger, FactTest, Group, Rule


def certain_facts(rule: Rule) -> frozenset[str]:
    """Return the paths of the facts that are known whenever a mail of this rule is rendered.

    They are the fact of a date trigger and each fact that the conditions test, those of a `becomes` included, since a
    test of a missing fact is false.
    """
    of_trigger = {rule.date_fact.path} if isinstance(rule.trigger, DateTrigger | EveryTrigger) else set()
    return frozenset(of_trigger | set(_proven(rule.asked)))


def _proven(condition: Condition) -> Iterator[str]:
    if isinstance(condition, FactTest) and condition.operator != "missing":
        yield condition.fact.path
    if isinstance(condition, Group) and condition.kind == "all":
        for part in condition.parts:
            yield from _proven(part)
    if isinstance(condition, Group) and condition.kind == "any":
        alternatives = [set(_proven(part)) for part in condition.parts]
        yield from set.intersection(*alternatives) if alternatives else set()
