"""How two sets of files differ: which rules are new, changed, renamed or removed, and in what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from engine.releases.surroundings import surroundings
from engine.rules.english import condition, trigger_words
from engine.rules.language.durations import english_duration
from engine.rules.model import Rule, RuleSet, Send

Kind = Literal["new", "changed", "removed", "same"]


@dataclass(frozen=True, kw_only=True)
class RuleDifference:
    """One rule of either side; `what` holds a sentence for each part that differs."""

    rule: str
    kind: Kind
    was: str | None = None
    what: tuple[str, ...] = ()


def rule_differences(old: RuleSet | None, new: RuleSet) -> tuple[RuleDifference, ...]:
    """Return a row for every rule of both sides, in the order of names."""
    before = dict(old.rules) if old else {}
    rows = []
    for name, rule in new.rules.items():
        was = rule.was if rule.was in before and name not in before else name
        rows.append(_difference(before.pop(was or name, None), rule, old, new))
    rows += [RuleDifference(rule=name, kind="removed") for name in before]
    return tuple(sorted(rows, key=lambda row: row.rule))


def _difference(old: Rule | None, new: Rule, before: RuleSet | None, after: RuleSet) -> RuleDifference:
    if old is None or before is None:
        return RuleDifference(rule=new.name, kind="new")
    what = (*differences(old, new), *surroundings(old, new, before, after))
    renamed = old.name if old.name != new.name else None
    return RuleDifference(rule=new.name, kind="changed" if what or renamed else "same", was=renamed, what=what)


def differences(old: Rule, new: Rule) -> Iterator[str]:
    """Yield a sentence for each part in which two versions of a rule differ."""
    yield from _sends(old, new)
    yield from _conditions(old, new)
    for name, shown in _PARTS.items():
        before, after = shown(old), shown(new)
        if before != after:
            yield f"{name}: {before} → {after}"


def _sends(old: Rule, new: Rule) -> Iterator[str]:
    before, after = _by_offset(old), _by_offset(new)
    gone = [before[offset].label for offset in before.keys() - after.keys()]
    come = [after[offset].label for offset in after.keys() - before.keys()]
    if gone and come:
        yield f"moments: {', '.join(sorted(gone))} → {', '.join(sorted(come))}"
    elif gone or come:
        yield f"moments: {'no longer ' if gone else 'also '}{', '.join(sorted(gone or come))}"
    for offset in sorted(before.keys() & after.keys()):
        yield from _send(before[offset], after[offset])


def _by_offset(rule: Rule) -> Mapping[timedelta, Send]:
    return {send.offset: send for send in rule.sends}


def _send(old: Send, new: Send) -> Iterator[str]:
    if old.template != new.template:
        yield f"{new.label}: template {old.template} → {new.template}"
    for name in sorted(old.values.keys() | new.values.keys()):
        if old.values.get(name) != new.values.get(name):
            yield f"{new.label}: {name} {old.values.get(name, 'nothing')} → {new.values.get(name, 'nothing')}"


def _conditions(old: Rule, new: Rule) -> Iterator[str]:
    before, after = ([condition(part) for part in rule.conditions.parts] for rule in (old, new))
    yield from (f"no longer asks: {text}" for text in before if text not in after)
    yield from (f"now asks: {text}" for text in after if text not in before)


def _duration(value: timedelta | str | None) -> str:
    return english_duration(value) if isinstance(value, timedelta) else str(value or "none")


_PARTS: dict[str, Callable[[Rule], str]] = {
    "when": lambda rule: trigger_words(rule.trigger),
    "topic": lambda rule: rule.topic,
    "to": lambda rule: f"account {rule.to_role}" if rule.to_role else "customer",
    "at": lambda rule: f"{rule.at:%H:%M}" if rule.at else "the moment itself",
    "open_for": lambda rule: _duration(rule.open_for),
    "too_late_after": lambda rule: _duration(rule.too_late_after),
    "backfill": lambda rule: _duration(rule.backfill),
    "max_at_once": lambda rule: str(rule.max_at_once or "the usual"),
}


def file_differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths whose text differs, is new or is gone, in order."""
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))
