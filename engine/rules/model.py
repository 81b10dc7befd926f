"""A rule as it was understood: what the loader makes, the compiler compiles and the tests' oracle judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from engine.facts import Fact, FactType, Trait
from engine.rules.language.durations import english_duration

DEFAULT_OPEN_FOR = timedelta(hours=1)
DEFAULT_TOO_LATE_AFTER = timedelta(days=3)
DEFAULT_AT = time(9)
DEFAULT_ROLE = "owner"

Operand = str | int | float | bool | date | datetime | timedelta
Subject = Literal["customer", "account"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where in its file a thing was written."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class FactTest:
    """A fact, an operator of `engine.rules.operators` by its words, and its operands, already of the fact's type.

    Text operands are as written (compare their `text_key`); money is in minor units; `within last` and its like hold
    a timedelta.
    """

    fact: Fact
    operator: str
    operands: tuple[Operand, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PropertyTest:
    """A test of one property of an event, by the operators of texts or numbers, as the type of its operands says."""

    name: str
    operator: str
    operands: tuple[str | int | float | bool, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DidTest:
    """How often an event happened: `at_least` <= count <= `at_most` (None: unbounded), in a window or ever.

    `event` None means any event. `did:` is `at_least` 1; `did not:` is the same test `negated`.
    """

    event: str | None
    negated: bool = False
    at_least: int | None = 1
    at_most: int | None = None
    within: timedelta | None = None
    since_trigger: bool = False
    where: tuple[PropertyTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """`all`, `any` or `none` of its parts; `segment` names the segment it was written as."""

    kind: Literal["all", "any", "none"]
    parts: tuple[Condition, ...]
    segment: str | None = None


Condition = FactTest | DidTest | Group


def leaves(condition: Condition) -> list[FactTest | DidTest]:
    """Return the tests of a condition, without its groups."""
    if isinstance(condition, Group):
        return [leaf for part in condition.parts for leaf in leaves(part)]
    return [condition]


@dataclass(frozen=True, kw_only=True)
class EventTrigger:
    """Each event of a name, or only the customer's first."""

    event: str
    first: bool = False
    where: tuple[PropertyTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DateTrigger:
    """A date or instant among the facts, with offsets before and after."""

    fact: Fact


@dataclass(frozen=True, kw_only=True)
class EveryTrigger:
    """Each anniversary of a date: `year` or `month`."""

    period: Literal["year", "month"]
    since: Fact


@dataclass(frozen=True, kw_only=True)
class SilentTrigger:
    """Nothing (or not the one event) since the last time; `or_since` stands in where it never happened."""

    event: str | None = None
    or_since: Fact | None = None


@dataclass(frozen=True, kw_only=True)
class BackTrigger:
    """An event after an absence of at least `after`."""

    after: timedelta


@dataclass(frozen=True, kw_only=True)
class BecomesTrigger:
    """Each time a subject comes to meet some conditions, or comes into a segment, that it did not meet before."""

    conditions: Group


@dataclass(frozen=True, kw_only=True)
class ScheduleTrigger:
    """Each slot of a cron expression (`engine.rules.slots`), by the clock of a zone."""

    cron: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class OnTrigger:
    """One day, by each reader's own calendar, or one instant (aware, UTC); the same for everybody."""

    when: date | datetime


FactTrigger = EventTrigger | DateTrigger | EveryTrigger | SilentTrigger | BackTrigger | BecomesTrigger
Trigger = FactTrigger | ScheduleTrigger | OnTrigger


@dataclass(frozen=True, kw_only=True)
class Send:
    """One moment of a rule and its template; `offset` is negative before the fact, `label` as written."""

    label: str
    offset: timedelta
    template: str
    values: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule file. `to_role` None writes to the customer, else to the account's person of that role.

    `subject` is `account` where the mail goes to a role and the trigger is a date of the account, what somebody
    becomes, or the same for everybody, else `customer`.
    """

    name: str
    topic: str
    trigger: Trigger
    sends: tuple[Send, ...]
    place: Place
    to_role: str | None = None
    conditions: Group = Group(kind="all", parts=())
    at: time | None = None
    open_for: timedelta = DEFAULT_OPEN_FOR
    too_late_after: timedelta = DEFAULT_TOO_LATE_AFTER
    backfill: timedelta | Literal["all"] | None = None
    max_at_once: int | None = None
    was: str | None = None
    description: str = ""

    @property
    def subject(self) -> Subject:
        """Whether moments belong to an account or to a customer."""
        if not self.to_role:
            return "customer"
        dated = isinstance(self.trigger, DateTrigger | EveryTrigger) and self.date_fact.subject == "account"
        of_account = dated or self.for_everybody or isinstance(self.trigger, BecomesTrigger)
        return "account" if of_account else "customer"

    @property
    def for_everybody(self) -> bool:
        """Whether the trigger is the same for all: then no fact tells who is due, and everybody is asked."""
        return isinstance(self.trigger, ScheduleTrigger | OnTrigger)

    @property
    def on_days(self) -> bool:
        """Whether moments are calendar days with a time of day, rather than instants."""
        if isinstance(self.trigger, OnTrigger):
            return not isinstance(self.trigger.when, datetime)
        if isinstance(self.trigger, DateTrigger):
            return self.trigger.fact.type is FactType.DATE
        return isinstance(self.trigger, EveryTrigger)

    @property
    def asked(self) -> Group:
        """Everything that is asked of a subject's facts: the conditions, and those that the trigger itself holds."""
        if not isinstance(self.trigger, BecomesTrigger):
            return self.conditions
        return Group(kind="all", parts=(self.trigger.conditions, self.conditions))

    @property
    def date_fact(self) -> Fact:
        """The fact that a date or anniversary trigger stands on."""
        assert isinstance(self.trigger, DateTrigger | EveryTrigger)
        return self.trigger.fact if isinstance(self.trigger, DateTrigger) else self.trigger.since


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most so many mails to one address in any span of so long."""

    at_most: int
    within: timedelta

    @property
    def said(self) -> str:
        """The cap in words."""
        return f"{self.at_most} per {english_duration(self.within).removeprefix('1 ')}"


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """From a time of day to the next that `end` strikes, where the reader lives, nothing leaves."""

    start: time
    end: time

    @property
    def said(self) -> str:
        """The hours in words."""
        return f"{self.start:%H:%M} to {self.end:%H:%M}"

    def hold(self, at: time) -> bool:
        """Say whether a time of day is within them."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A stream of mail people can say no to: `kind` decides which rules of the law and of `check` hold for it.

    `at_most` caps its own mail, `marketing_at_most` that of all marketing topics together.
    """

    name: str
    kind: Literal["transactional", "marketing"]
    title: str = ""
    description: str = ""
    sender: str | None = None
    reply_to: str | None = None
    priority: int = 0
    on_doubt: Literal["hold", "resend"] = "hold"
    consent: Literal["opt-in", "opt-out"] = "opt-out"
    at_most: tuple[Cap, ...] = ()
    marketing_at_most: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    place: Place | None = None


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """All that the rules folder says, once every file of it is sound."""

    rules: Mapping[str, Rule]
    topics: Mapping[str, Topic]
    traits: tuple[Trait, ...]
    segments: Mapping[str, Group] = field(default_factory=dict)
