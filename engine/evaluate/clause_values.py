"""The clauses of a rule with the values that the database gave for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.evaluate.explanation import Clause
from engine.evaluate.saying import away, days_away, instant
from engine.facts import Fact, FactType
from engine.rules import english
from engine.rules.language.durations import english_duration
from engine.rules.model import (
    BackTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    Rule,
    SilentTrigger,
)
from engine.rules.sql.calendars import day_number, today
from engine.rules.sql.clauses import nodes
from engine.traits import read_again
from engine.values import BadValue, Border, Value

MISSING = "missing"
_GROUPS = {"all": "all of these", "any": "at least one of these", "none": "none of these"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the database said of every node at an instant; `zone` is the workspace's, in which instants are told."""

    row: Mapping[str, Any]
    at: int
    zone: str

    @property
    def holds(self) -> bool:
        """Whether the conditions hold as a whole."""
        return bool(self.row["holds_0"])

    @property
    def here(self) -> str:
        """The zone whose calendar counts for the subject."""
        return str(self.row["zone"])

    def clauses(self, conditions: Group) -> tuple[Clause, ...]:
        """Return the conditions as clauses, those that must all hold side by side."""
        root = self._clause(conditions, iter(range(sum(1 for _ in nodes(conditions)))))
        return root.parts if conditions.kind == "all" else (root,)

    def trigger(self, rule: Rule) -> str:
        """Return the value of what the trigger reads, as a sentence; nothing where it reads none."""
        if isinstance(rule.trigger, DateTrigger | EveryTrigger):
            return f"{rule.date_fact.path} is {self.fact_value(rule.date_fact, self.row['trigger_value'])}"
        if not isinstance(rule.trigger, EventTrigger | SilentTrigger | BackTrigger):
            return ""
        event = (None if isinstance(rule.trigger, BackTrigger) else rule.trigger.event) or "any event"
        last = self.row["trigger_last"]
        return f"{event} never happened" if last is None else f"the last of {event} was on {self._when(last)}"

    def _when(self, at: int) -> str:
        return f"{instant(at, self.zone)} ({away(at, self.at)})"

    def _clause(self, node: Condition, numbers: Iterator[int]) -> Clause:
        number = next(numbers)
        holds = bool(self.row[f"holds_{number}"])
        return Clause(
            text=_text(node),
            holds=holds,
            value=self._value(node, number, holds=holds),
            parts=tuple(self._clause(part, numbers) for part in node.parts) if isinstance(node, Group) else (),
        )

    def _value(self, node: Condition, number: int, *, holds: bool) -> str:
        if isinstance(node, FactTest):
            return self.fact_value(node.fact, self.row[f"value_{number}"])
        if not isinstance(node, DidTest):
            return ""
        count = int(self.row[f"value_{number}"])
        done = self._times(node, count, self.row[f"last_{number}"], self.row[f"ever_{number}"])
        return done if holds else done + _wanting(node, count)

    def _times(self, test: DidTest, count: int, last: int | None, ever: int | None) -> str:
        frame = _frame(test)
        if last is None:
            before = f", last on {instant(ever, self.zone)}" if ever is not None and frame else ""
            return (f"not{frame}" if frame and before else f"never{frame}") + before
        often = f"once{frame}," if count == 1 else f"{count} times{frame}, last"
        return f"{often.rstrip(',') if not frame and count == 1 else often} on {instant(last, self.zone)}"

    def fact_value(self, fact: Fact, text: str | None) -> str:
        """Return a fact's value as people read it; days and instants with how far away they are."""
        value = self.fact(fact, text)
        if text is None:
            return MISSING
        if value is None and fact.type is FactType.MONEY:
            return text
        if value is None:
            return f"{text} (no {fact.type}, so it counts as missing)"
        if fact.type is FactType.TIME:
            return self._when(int(value))
        if fact.type is FactType.DATE:
            day = date.fromisoformat(str(value))
            return f"{value} ({days_away(day_number(day) - today(self.here, self.at))})"
        return english.value(int(float(value)), fact) if fact.type is FactType.MONEY else text

    def fact(self, fact: Fact, text: str | None) -> Value | None:
        """Return what a text is as its fact's type; None where it is none, and so is missing for rules."""
        if text is None or fact.column is not None:
            return text
        try:
            return read_again(fact.type, text, Border(zone=self.zone))
        except BadValue:
            return None


def _text(node: Condition) -> str:
    plain = isinstance(node, Group) and not node.segment
    return _GROUPS[node.kind] if plain and isinstance(node, Group) else english.condition(node)


def _frame(test: DidTest) -> str:
    """Return in which stretch of time events are counted."""
    within = f" within {english_duration(test.within)}" if test.within else ""
    return within + (" since the trigger" if test.since_trigger else "")


def _wanting(test: DidTest, count: int) -> str:
    """Return what would make a test of events hold, where the sentence alone leaves one to work it out."""
    least, most = test.at_least or 0, test.at_most
    if test.negated:
        return f"; needs fewer than {least}" if least > 1 else ""
    if count < least:
        return f"; needs {least}" if least > 1 else ""
    return f"; needs at most {most}"
