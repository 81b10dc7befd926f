"""Which rules a change of files touches: those that decide in another way, and those whose mails may read otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.releases.difference import RuleDifference, file_differences, rule_differences
from engine.rules.compiler import Program
from engine.rules.model import Rule, Topic
from engine.runtime import Runtime

TEMPLATES, TRAITS = "templates/", "rules/traits.yaml"
_SILENT = frozenset({"templates/samples.yaml", "templates/README.md"})
"""Files under `templates/` that no reader of a mail sees anything of."""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A rule that may do another thing than before.

    `decides` says that its decisions may be other ones, or who may be written to; `because` names what its mails are
    made from and that differs.
    """

    difference: RuleDifference
    old: Rule | None
    new: Rule | None
    decides: bool
    because: tuple[str, ...] = ()


def touched(old: Runtime | None, new: Runtime, before: Mapping[str, str], after: Mapping[str, str]) -> list[Touched]:
    """Return every rule of either side that the change of files may touch, in the order of names."""
    differing = file_differences(before, after)
    rows = rule_differences(old.rules if old else None, new.rules)
    return [each for row in rows if (each := _touched(row, old, new, differing))]


def _touched(row: RuleDifference, old: Runtime | None, new: Runtime, differing: Iterable[str]) -> Touched | None:
    was = old.programs.get(row.was or row.rule) if old else None
    now = new.programs.get(row.rule)
    if old is None or was is None or now is None:
        return Touched(difference=row, old=_rule(was), new=_rule(now), decides=True)
    decides = was.fingerprint != now.fingerprint or row.was is not None or _asked(old, was) != _asked(new, now)
    because = tuple(_because(was.rule, now.rule, old, new, differing))
    if not (decides or because or row.kind != "same"):
        return None
    zone = _zone(old, new) if decides else None
    row = replace(row, kind="changed", what=(*row.what, zone)) if zone else row
    return Touched(difference=row, old=was.rule, new=now.rule, decides=decides, because=because)


def _rule(program: Program | None) -> Rule | None:
    return program.rule if program else None


def _zone(old: Runtime, new: Runtime) -> str | None:
    before, after = old.settings.time_zone, new.settings.time_zone
    return f"time zone: {before} → {after}" if before != after else None


def _because(was: Rule, now: Rule, old: Runtime, new: Runtime, differing: Iterable[str]) -> Iterator[str]:
    templates = {send.template for rule in (was, now) for send in rule.sends}
    for path in differing:
        if path.startswith(TEMPLATES) and path not in _SILENT and _template(path) in {None, *templates}:
            yield path
    if old.rules.traits != new.rules.traits:
        yield TRAITS
    if was.topic == now.topic and _topic(old, was) != _topic(new, now):
        yield f"topic {now.topic}"
    if zone := _zone(old, new):
        yield zone


def _topic(runtime: Runtime, rule: Rule) -> Topic:
    return replace(runtime.rules.topics[rule.topic], place=None)


def _asked(runtime: Runtime, program: Program) -> tuple[object, ...]:
    """Return what the topic of a rule asks of everybody before a mail leaves, and what lets it wait."""
    topic = runtime.rules.topics[program.rule.topic]
    return topic.kind, topic.consent, topic.at_most, topic.marketing_at_most, topic.quiet_hours


def _template(path: str) -> str | None:
    """Return the email that a file is a variant of; None for what many are made from, as layouts and the brand."""
    name = path.removeprefix(TEMPLATES)
    return name.split(".")[0] if "/" not in name and name.endswith((".md", ".mjml")) else None
