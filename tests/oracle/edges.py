"""The edges of rules: the lengths they name and the values they compare with, at which their answers turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from oracle.invent import EVENTS
from oracle.ledger import micros

from engine.rules.model import (
    BackTrigger,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Rule,
    SilentTrigger,
    leaves,
)

Field = tuple[str, str]
"""`customer` or `account`, and the name of a fact."""
ZONES: tuple[Field, ...] = (("customer", "time_zone"), ("account", "time_zone"))


@dataclass
class Edges:
    """What some rules look at: `lengths` in microseconds, `events` by their names, `values` by their field.

    `rounds` are the fields whose anniversaries come, `hours` the local times at which days fall due; `accounts` is
    whether it matters who is in which account.
    """

    lengths: set[int] = field(default_factory=lambda: {0})
    events: set[str] = field(default_factory=set)
    values: dict[Field, set[Any]] = field(default_factory=dict)
    rounds: set[Field] = field(default_factory=set)
    hours: set[time] = field(default_factory=set)
    accounts: bool = False

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Edges:
        """Return the edges of some rules."""
        edges = cls()
        for rule in rules:
            edges.accounts |= rule.subject == "account"
            edges._of_trigger(rule)
            for leaf in leaves(rule.asked):
                edges._of_count(leaf) if isinstance(leaf, DidTest) else edges._of_fact(leaf)
        return edges

    def _of_trigger(self, rule: Rule) -> None:
        trigger = rule.trigger
        self.lengths |= {abs(micros(send.offset)) for send in rule.sends}
        self.lengths |= {micros(rule.open_for), micros(rule.too_late_after)}
        if rule.on_days:
            self._read(*ZONES)
            self.hours |= {rule.at or time(9), time()}
        if isinstance(trigger, DateTrigger | EveryTrigger):
            self._read((rule.date_fact.subject, rule.date_fact.name))
        if isinstance(trigger, EveryTrigger):
            self.rounds.add((rule.date_fact.subject, rule.date_fact.name))
        if isinstance(trigger, EventTrigger | SilentTrigger):
            self._asked(trigger.event)
        if isinstance(trigger, SilentTrigger) and trigger.or_since is not None:
            self._read((trigger.or_since.subject, trigger.or_since.name))
        if isinstance(trigger, BackTrigger):
            self.lengths.add(micros(trigger.after))
            self._asked(None)

    def _of_count(self, test: DidTest) -> None:
        self._asked(test.event)
        self.lengths |= {micros(test.within)} if test.within is not None else set()

    def _of_fact(self, test: FactTest) -> None:
        where = (test.fact.subject, test.fact.name)
        self._read(where)
        for operand in test.operands:
            if isinstance(operand, timedelta):
                self.lengths.add(micros(operand))
                self.hours.add(time())
                self._read(*ZONES)
            else:
                self.values[where].add(_comparable(operand))

    def _asked(self, event: str | None) -> None:
        self.events |= set(EVENTS if event is None else [event])

    def _read(self, *fields: Field) -> None:
        for each in fields:
            self.values.setdefault(each, set())
            self.accounts |= each[0] == "account"


def _comparable(operand: Any) -> Any:  # noqa: ANN401 (each type has its own)
    """Return an operand as the world holds such values."""
    if isinstance(operand, datetime):
        return round(operand.timestamp() * 1_000_000)
    return operand
