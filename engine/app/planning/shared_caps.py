"""Rules that a change touches through a cap alone: another rule takes a place, or leaves one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.app.planning.touched import Touched
from engine.outbox import caps_over
from engine.releases.difference import rule_differences
from engine.rules.model import Rule
from engine.runtime import Runtime


def beside(touched: Sequence[Touched], old: Runtime | None, new: Runtime) -> Iterator[Touched]:
    """Yield the rules that are not touched themselves, and are under a cap with one that decides in another way."""
    changed = {each.difference.rule: _caps(each.old, each.new, old, new) for each in touched if each.decides}
    known = {each.difference.rule for each in touched}
    for row in rule_differences(old.rules if old else None, new.rules):
        if row.rule in known:
            continue
        was, now = old.rules.rules.get(row.rule) if old else None, new.rules.rules.get(row.rule)
        mine = _caps(was, now, old, new)
        if met := {rule: caps & mine for rule, caps in changed.items() if caps & mine}:
            yield Touched(difference=replace(row, what=(_words(met),)), old=was, new=now, decides=True)


def _words(met: dict[str, frozenset[str]]) -> str:
    rule = min(met)
    others = f" and {len(met) - 1} more" if len(met) > 1 else ""
    return f"under the cap of {min(met[rule])}, with {rule}{others}"


def _caps(was: Rule | None, now: Rule | None, old: Runtime | None, new: Runtime) -> frozenset[str]:
    """Return the names of the caps that a rule is under before or after."""
    sides = ((was, old), (now, new))
    topics = [side.rules.topics[rule.topic] for rule, side in sides if rule and side]
    return frozenset(name for topic in topics for name, _ in caps_over(topic))
