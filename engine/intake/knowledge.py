"""What is known of one subject, and what a batch of statements makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.facts import FactType
from engine.intake.fact_rows import Facts
from engine.intake.history import Change, Known, learn
from engine.traits import Stored, encode, lay_out, same_text
from engine.values import Border, Value

_EVER = -(2**63)
_NOTHING = Stored()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How texts of traits are read: the declared types by name, others are texts, and what the border knows."""

    types: Mapping[str, FactType]
    border: Border

    def type_of(self, name: str) -> FactType:
        """Return the type of a trait."""
        return self.types.get(name, FactType.TEXT)


@dataclass(kw_only=True)
class Knowledge:
    """One subject's facts, traits and history, as they stand in a batch that is being settled."""

    facts: Facts
    traits: dict[str, Stored] = field(default_factory=dict)
    history: dict[str, list[Known]] = field(default_factory=dict)
    created: bool = False
    changed: bool = False
    changed_traits: set[str] = field(default_factory=set)
    changes: list[tuple[str, Change]] = field(default_factory=list)

    def hear(self, said: Facts, at: int, reading: Reading) -> bool:
        """Take in what is said to hold from an instant; return whether anything new was learned."""
        before = len(self.changes), len(self.changed_traits), self.created
        self.created = False
        for name, value in said.items():
            if name not in self.history and name in self.facts and self.facts[name] == value:
                continue
            if name in self.facts:
                self._set_fact(name, value, self._learn(name, Known(at, encode(value)), None))
            else:
                stored = lay_out(reading.type_of(name), value)
                self._set_trait(name, self._learn(name, Known(at, stored.text), reading), stored, reading)
        return before != (len(self.changes), len(self.changed_traits), False)

    def _learn(self, name: str, word: Known, reading: Reading | None) -> Change | None:
        """Settle a word against what was known; of traits, texts that are the same value are the same."""
        if name not in self.history:
            now = self.traits.get(name, _NOTHING).text if reading else encode(self.facts[name])
            self.history[name] = [] if now is None else [Known(_EVER, now)]
        if reading and any(held.value != word.value for held in self.history[name]):
            known = self.history[name]
            self.history[name] = [held._replace(value=self._same(name, held.value, reading)) for held in known]
        change = learn(self.history[name], word)
        if change:
            self.changes.append((name, change))
        return change

    def _set_fact(self, name: str, value: Value | None, change: Change | None) -> None:
        if change and change.latest:
            self.facts[name], self.changed = value, True

    def _set_trait(self, name: str, change: Change | None, said: Stored, reading: Reading) -> None:
        """Set a trait that changed, or whose type was declared since it was stored: then its text stays."""
        now = self.traits.get(name, _NOTHING)
        if change and change.latest:
            self.traits[name] = said
        elif change is None and said[1:] != now[1:] and self._same(name, now.text, reading) == said.text:
            self.traits[name] = said._replace(text=now.text)
        else:
            return
        self.changed_traits.add(name)

    def _same(self, name: str, text: str | None, reading: Reading) -> str | None:
        """Return a trait's text as it would be written today; bare sums are in the account's currency."""
        currency = self.facts.get("currency") or reading.border.currency
        border = replace(reading.border, currency=None if currency is None else str(currency))
        return same_text(reading.type_of(name), text, border)
