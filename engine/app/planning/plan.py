"""What a plan says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.app.outlook import Past
from engine.app.planning.pairs import Pair, people
from engine.app.planning.wording import Rewording, Specimen
from engine.app.sources import Source
from engine.evaluate import Held
from engine.intake.recasting import Recast
from engine.releases.difference import RuleDifference
from engine.simulate.forecast import Mail


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What becomes of messages that wait in the outbox: they stay, are rewritten, or end with a reason."""

    fate: str
    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class RulePlan:
    """What the change does to one rule in the days ahead, and to what waits in the outbox.

    `because` names the files and settings that its mails are made from and that differ; `opened` counts the moments
    that are open now and that the new version goes on judging.
    """

    difference: RuleDifference
    because: tuple[str, ...] = ()
    starts: tuple[Mail, ...] = ()
    stops: tuple[Mail, ...] = ()
    moved: tuple[Pair, ...] = ()
    first: Specimen | None = None
    rewording: Rewording | None = None
    left_alone: Past | None = None
    held: Held | None = None
    waiting: tuple[Fate, ...] = ()
    opened: int = 0

    @property
    def reworded(self) -> tuple[Mail, ...]:
        """The mails whose words are others."""
        return self.rewording.reworded if self.rewording else ()

    @property
    def restyled(self) -> tuple[Mail, ...]:
        """The mails with the same words that look otherwise."""
        return self.rewording.restyled if self.rewording else ()

    @property
    def says_nothing(self) -> bool:
        """Whether the change leaves the rule, its readers and its mails as they are."""
        return self.difference.kind == "same" and not (self.starts or self.stops or self.moved or self.rewording)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """A plan in numbers; `more` and `fewer` are people, who count once however many mails they get."""

    new: int
    changed: int
    removed: int
    more: int
    fewer: int
    moved: int
    reworded: int
    restyled: int
    cancelled: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a change of files does; `base` is what it is compared with (None: no release yet), `files` what differs.

    `recasts` says what becomes of stored values of traits that are declared as another type than the live release does.
    """

    source: Source
    base: Source | None
    start: datetime
    until: datetime
    time_zone: str
    rules: tuple[RulePlan, ...]
    files: tuple[str, ...]
    recasts: tuple[Recast, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the two versions differ at all."""
        return bool(self.files)

    @property
    def totals(self) -> Totals:
        """Return the plan in numbers."""
        kinds = [rule.difference.kind for rule in self.rules]
        starts, stops = ([mail for rule in self.rules for mail in getattr(rule, name)] for name in ("starts", "stops"))
        ends = [fate.count for rule in self.rules for fate in rule.waiting if fate.reason]
        return Totals(
            new=kinds.count("new"),
            changed=kinds.count("changed"),
            removed=kinds.count("removed"),
            more=len(people(starts)),
            fewer=len(people(stops)),
            moved=sum(len(rule.moved) for rule in self.rules),
            reworded=sum(len(rule.reworded) for rule in self.rules),
            restyled=sum(len(rule.restyled) for rule in self.rules),
            cancelled=sum(ends),
            held=sum(rule.held is not None for rule in self.rules),
        )
