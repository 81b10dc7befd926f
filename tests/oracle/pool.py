"""Invented rules for many histories, each with the versions that its edits go through."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from oracle import invent
from oracle.invent import ZONES

from engine.rules.compiler import Program, compile_rule
from engine.rules.model import Rule, SilentTrigger

STARTS = (date(2026, 3, 25), date(2026, 2, 24), date(2026, 10, 22), date(2024, 2, 26), date(2026, 12, 29))


class Pool:
    """Rules, compiled once and used in many histories: each with versions that edits go through."""

    def __init__(self, rng: Random, count: int) -> None:
        self.start = rng.choice(STARTS)
        self.zone = rng.choice(ZONES)
        self.versions = [self._versions(rng, f"rule-{number}") for number in range(count)]

    def _versions(self, rng: Random, name: str) -> list[Program]:
        first = invent.rule(rng, name, self.start)
        other = invent.rule(rng, name, self.start)
        edits = [first, replace(first, conditions=_fitting(rng, first, self.start)), other]
        if type(other.trigger) is type(first.trigger):
            edits.append(
                replace(
                    first, sends=other.sends, conditions=_fitting(rng, replace(first, sends=other.sends), self.start)
                )
            )
        return [compile_rule(rule, zone=self.zone) for rule in edits]


def _fitting(rng: Random, rule: Rule, start: date) -> Any:  # noqa: ANN401 (a Group)
    since = not isinstance(rule.trigger, SilentTrigger) and all(s.offset >= timedelta() for s in rule.sends)
    return invent.conditions(rng, rule.subject, start, since=since)
