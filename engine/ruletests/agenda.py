"""The instants at which something may come true: the clock of a test leaps from one to the next."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.facts import Fact, FactType
from engine.rules import anatomy
from engine.rules.model import Rule
from engine.rules.scenarios.model import Facts, Scenario
from engine.ruletests.rows import Arrival, instant


class Agenda:
    """Instants that lie ahead, each once, none after the end."""

    def __init__(self, until: datetime) -> None:
        self._until = until
        self._ahead: list[datetime] = []
        self._known: set[datetime] = set()

    def add(self, instants: Iterable[datetime]) -> None:
        """Take in instants; those after the end, and those taken in before, are left out."""
        for at in instants:
            if at <= self._until and at not in self._known:
                self._known.add(at)
                heapq.heappush(self._ahead, at)

    def next(self) -> datetime | None:
        """Return the earliest instant that was not returned before, or None at the end."""
        return heapq.heappop(self._ahead) if self._ahead else None


def known_instants(
    scenario: Scenario, rows: Collection[Arrival], rules: Collection[Rule], facts: Iterable[Fact]
) -> set[datetime]:
    """Return the instants that a test itself makes matter.

    When something comes in, when a mail is expected, and where conditions turn by themselves: so long after each of
    these as the rules name durations, and at midnight where they count days.
    """
    came = [row.at for row in rows if row.at] + [change.at for change in scenario.changes]
    happened = [at for event in scenario.events for at in event.at]
    named = {*came, *happened, *_of_facts(rows, facts, scenario.zone)}
    spans = {span for rule in rules for span in anatomy.spans(rule)}
    later = {at + span for at in named for span in spans}
    expected = {mail.at for mail in scenario.expected}
    midnights = _midnights(scenario) if any(map(anatomy.turns_by_day, rules)) else ()
    found = {scenario.start, scenario.until, *came, *expected, *later, *midnights}
    return {at for at in found if scenario.start <= at <= scenario.until}


def _of_facts(rows: Iterable[Arrival], facts: Iterable[Fact], zone: str) -> set[datetime]:
    times = {fact.name for fact in facts if fact.type is FactType.TIME}
    said = (row.said[name] for row in rows for name in row.said if name in times)
    return {at for value in said if (at := instant(value, zone))}


def _midnights(scenario: Scenario) -> set[datetime]:
    """Return each midnight of the test's time, by the clock of everybody in it."""
    subjects: list[Facts] = [company.facts for company in scenario.accounts.values()]
    subjects += [person.facts for person in scenario.customers.values()]
    zones = {scenario.zone, *(facts["time_zone"].text for facts in subjects if "time_zone" in facts)}
    return {at for zone in zones for at in _days(scenario.start, scenario.until, ZoneInfo(zone))}


def _days(start: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    first, last = start.astimezone(zone).date(), until.astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]
