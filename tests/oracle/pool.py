"""Invented rules for many histories, each with the versions that its edits go through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from oracle import invent
from oracle.features import features, with_features
from oracle.invent import ZONES

from engine.rules.compiler import Program, compile_rule
from engine.rules.model import Rule, SilentTrigger

STARTS = (date(2026, 3, 25), date(2026, 2, 24), date(2026, 10, 22), date(2024, 2, 26), date(2026, 12, 29))


class Pool:
    """Rules, compiled once and used in many histories: each with versions that edits go through.

    All versions have the features that are `needed`. With None, half of all pools choose one for themselves, so that
    what is rare comes up often at times.
    """

    def __init__(self, rng: Random, count: int, needed: Collection[str] | None = None) -> None:
        self.rng = rng
        self.start = rng.choice(STARTS)
        self.zone = rng.choice(ZONES)
        self.needed = self._chosen() if needed is None else needed
        self.versions = [self._versions(f"rule-{number}") for number in range(count)]

    def _chosen(self) -> Collection[str]:
        found = sorted(features(invent.rule(self.rng, "example", self.start)))
        return self.rng.sample(found, self.rng.choice([0, 1]))

    def _versions(self, name: str) -> list[Program]:
        first, other = self._invented(name), self._invented(name)
        edits = [first, self._edited(first), other]
        if type(other.trigger) is type(first.trigger):
            edits.append(self._edited(replace(first, sends=other.sends)))
        return [compile_rule(rule, zone=self.zone) for rule in edits]

    def _invented(self, name: str) -> Rule:
        return with_features(lambda: invent.rule(self.rng, name, self.start), self.needed)

    def _edited(self, rule: Rule) -> Rule:
        """Return a rule with other conditions, that has the needed features where one is found."""
        since = not isinstance(rule.trigger, SilentTrigger) and all(send.offset >= timedelta() for send in rule.sends)

        def edited() -> Rule:
            conditions = invent.conditions(self.rng, rule.subject, self.start, since=since)
            return replace(rule, conditions=conditions)

        return with_features(edited, self.needed)
