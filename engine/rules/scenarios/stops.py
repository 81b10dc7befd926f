"""How often a test has to stop on its way: at each slot of a schedule, and at midnights where conditions count days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice

from engine.clock import to_micros
from engine.rules import anatomy
from engine.rules.model import Rule, ScheduleTrigger
from engine.rules.scenarios.model import Scenario
from engine.rules.slots import slots_after

MOST_STOPS = 20_000
"""Some minutes of running; hourly slots of two years."""
_DAY = timedelta(days=1)


def too_many_stops(scenario: Scenario, rules: Sequence[Rule]) -> bool:
    """Return whether the rules make a test stop more often than it may between its start and its end."""
    days = (scenario.until - scenario.start) // _DAY if any(map(anatomy.turns_by_day, rules)) else 0
    schedules = [rule.trigger for rule in rules if isinstance(rule.trigger, ScheduleTrigger)]
    slots = chain.from_iterable(_slots(each, scenario) for each in schedules)
    return days + sum(1 for _ in islice(slots, MOST_STOPS + 1)) > MOST_STOPS


def _slots(trigger: ScheduleTrigger, scenario: Scenario) -> Iterator[int]:
    after, until = to_micros(scenario.start), to_micros(scenario.until)
    while after < until:
        before = after
        for slot in slots_after(trigger.cron, trigger.zone, before):
            if slot > until:
                return
            yield slot
            after = slot
        if after == before:
            return
