"""What is known of one subject, and what a batch of statements makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.facts import FactType
from engine.intake.fact_rows import Facts
from engine.intake.history import Change, Known, learn
from engine.intake.traits import Stored, encode, lay_out
from engine.intake.values import Value

_EVER = -(2**63)
_NOTHING = Stored()


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

    def hear(self, said: Facts, at: int, types: Mapping[str, FactType]) -> bool:
        """Take in what is said to hold from an instant; return whether anything new was learned."""
        before = len(self.changes), len(self.changed_traits), self.created
        self.created = False
        for name, value in said.items():
            if name not in self.history and name in self.facts and self.facts[name] == value:
                continue
            change = self._learn(name, Known(at, encode(value)))
            if name not in self.facts:
                self._set_trait(name, change, lay_out(types.get(name, FactType.TEXT), value))
            elif change and change.latest:
                self.facts[name], self.changed = value, True
        return before != (len(self.changes), len(self.changed_traits), False)

    def _learn(self, name: str, word: Known) -> Change | None:
        if name not in self.history:
            now = self._now(name)
            self.history[name] = [] if now is None else [Known(_EVER, now)]
        change = learn(self.history[name], word)
        if change:
            self.changes.append((name, change))
        return change

    def _now(self, name: str) -> str | None:
        value: Value | None = self.facts[name] if name in self.facts else self.traits.get(name, _NOTHING).text
        return encode(value)

    def _set_trait(self, name: str, change: Change | None, said: Stored) -> None:
        """Set a trait that changed, or whose type was declared since it was stored."""
        now = self.traits.get(name, _NOTHING)
        if (change and change.latest) or (change is None and said.text == now.text and said != now):
            self.traits[name] = said
            self.changed_traits.add(name)
