"""Lint of rules whose own time of day lies in the quiet hours of their topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.rule_file import Draft
from engine.rules.model import DEFAULT_AT, Rule, Topic


def in_quiet_hours(drafts: Sequence[Draft], topics: Mapping[str, Topic]) -> Iterator[Problem]:
    """Yield the time of day of each rule that its topic never lets leave then."""
    for draft in drafts:
        hours = topics[draft.rule.topic].quiet_hours if draft.rule.topic in topics else None
        at = _time_of_day(draft.rule)
        if hours and at and hours.hold(at):
            place = draft.places.get("at") or draft.places["when"]
            yield RULE_CODES["L612"].at(place, at=f"{at:%H:%M}", topic=draft.rule.topic, hours=hours.said)


def _time_of_day(rule: Rule) -> time | None:
    return rule.at or (DEFAULT_AT if rule.on_days else None)
