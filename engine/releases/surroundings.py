"""What a rule stands on outside its own file (segments, traits, topics), and how two versions of that differ."""

from __future__ import annotations

from collections.abc import Iterator

from engine.facts import Fact
from engine.rules.english import condition
from engine.rules.model import (
    Condition,
    DateTrigger,
    EveryTrigger,
    FactTest,
    Group,
    Rule,
    RuleSet,
    SilentTrigger,
    Topic,
)

_LETS_WAIT = ("at most", "all marketing together at most", "quiet hours")


def surroundings(old: Rule, new: Rule, before: RuleSet, after: RuleSet) -> Iterator[str]:
    """Yield a sentence for each segment, trait and topic that a rule uses and that says another thing now."""
    for name in sorted(_segments(old.asked) & _segments(new.asked)):
        said, says = (_meaning(each, name) for each in (before, after))
        if said != says:
            yield f"segment {name}: {said} → {says}"
    types = {fact.path: fact.type for fact in _facts(old)}
    for fact in _facts(new):
        if types.get(fact.path, fact.type) != fact.type:
            yield f"trait {fact.path}: {types[fact.path]} → {fact.type}"
    if old.topic == new.topic:
        yield from _topic(before.topics[old.topic], after.topics[new.topic])


def _segments(node: Condition) -> set[str]:
    if not isinstance(node, Group):
        return set()
    own = {node.segment} if node.segment else set()
    return own.union(*(_segments(part) for part in node.parts))


def _meaning(rules: RuleSet, segment: str) -> str:
    group = rules.segments.get(segment)
    parts = "; ".join(map(condition, group.parts)) if group else "nothing"
    return f"{group.kind} of ({parts})" if group and group.kind != "all" else parts


def _facts(rule: Rule) -> tuple[Fact, ...]:
    """Return the facts that a rule reads, in the order of their names."""
    trigger = rule.trigger
    named = [rule.date_fact] if isinstance(trigger, DateTrigger | EveryTrigger) else []
    named += [trigger.or_since] if isinstance(trigger, SilentTrigger) and trigger.or_since else []
    found = {fact.path: fact for fact in (*named, *_tested(rule.asked))}
    return tuple(found[path] for path in sorted(found))


def _tested(node: Condition) -> Iterator[Fact]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _tested(part)
    elif isinstance(node, FactTest):
        yield node.fact


def _topic(old: Topic, new: Topic) -> Iterator[str]:
    for name in ("kind", "consent", "title", "sender", "reply_to", "priority", "on_doubt"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"topic {new.name}: {name.replace('_', ' ')} {before or 'none'} → {after or 'none'}"
    for what, before, after in zip(_LETS_WAIT, _lets_wait(old), _lets_wait(new), strict=True):
        if before != after:
            yield f"topic {new.name}: {what} {before or 'none'} → {after or 'none'}"


def _lets_wait(topic: Topic) -> tuple[str, ...]:
    """Return, in words, the caps and the quiet hours of a topic."""
    caps = (", ".join(cap.said for cap in each) for each in (topic.at_most, topic.marketing_at_most))
    return (*caps, topic.quiet_hours.said if topic.quiet_hours else "")
