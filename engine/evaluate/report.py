"""What an evaluation did, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Did(StrEnum):
    """What an evaluation did with a rule."""

    TICK = "tick"
    EVERYBODY = "everybody: a time came that is the same for all"
    FULL = "full pass"
    HELD = "held"
    PAUSED = "paused"
    RETIRED = "retired"
    RECASTING = "waits until values are read as their new type"
    AHEAD = "already evaluated"
    ELSEWHERE = "taken by another worker"
    OTHER_RELEASE = "another release is live"
    OTHER_MEANING = "not evaluated: it means another thing than when it was applied; run `lifecycle apply`"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far one evaluation may go.

    `max_at_once` is the workspace's brake for rules without their own; None: the larger of 500 and 5 % of customers.
    `net` asks for the nightly pass over everybody, whose finds are counted as `missed`; simulations leave it out.
    """

    max_at_once: int | None = None
    net: bool = True


@dataclass(frozen=True, kw_only=True)
class Held:
    """A rule that was about to enroll more than it may at once; nothing of it was enrolled."""

    rule: str
    count: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class RuleReport:
    """What was decided for one rule; `missed` are those the nightly net found, whose target is 0."""

    rule: str
    did: Did
    enrolled: int = 0
    expired: int = 0
    overtaken: int = 0
    missed: int = 0
    held: Held | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one evaluation did; `superseded` says that a newer release than the given one is live."""

    rules: tuple[RuleReport, ...]
    superseded: bool = False

    @property
    def enrolled(self) -> int:
        """How many moments were enrolled."""
        return sum(rule.enrolled for rule in self.rules)

    @property
    def held(self) -> tuple[Held, ...]:
        """The rules that this evaluation stopped."""
        return tuple(rule.held for rule in self.rules if rule.held is not None)
