"""What each trigger adds to a mail, from the ledger and, for events, the event; names are of the rules' table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.clock import from_micros
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    OnTrigger,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
    Trigger,
)

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """What the ledger says of one moment, and who reads of it where and when.

    `event` is what happened, for triggers that are events; `started` the date that anniversaries are counted from.
    """

    fact: str
    since_at: datetime | None = None
    until_at: datetime | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    started: date | datetime | None = None
    now: datetime
    zone: str

    @property
    def today(self) -> date:
        """The day it is where the reader lives."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def moment(rule: Rule, enrolled: Enrolled) -> dict[str, Any]:
    """Return what a rule's trigger adds to this mail, by name: `days_left`, `years`, `event` and so on."""
    return _ADDED[type(rule.trigger)](rule.trigger, enrolled)


def _event(_trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    return {"event": dict(enrolled.event)}


def _date(_trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    when = _day(enrolled.fact, enrolled.zone)
    return {"date": when, "days_left": max((when - enrolled.today).days, 0)}


def _every(trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    assert isinstance(trigger, EveryTrigger)
    if enrolled.since_at is None:
        return {}
    when, started = enrolled.since_at.date(), enrolled.started
    if started is None:
        return {"date": when}
    years = when.year - started.year
    if trigger.period == "year":
        return {"date": when, "years": years}
    return {"date": when, "months": years * 12 + when.month - started.month}


def _silent(_trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    if enrolled.since_at is None:
        return {}
    return {"days_silent": (enrolled.now - enrolled.since_at) // _DAY, "since": enrolled.since_at}


def _becomes(_trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    return {"became_at": enrolled.since_at} if enrolled.since_at is not None else {}


def _back(_trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    if enrolled.since_at is None or enrolled.until_at is None:
        return {}
    return {"days_away": (enrolled.until_at - enrolled.since_at) // _DAY}


def _slot(trigger: Trigger, enrolled: Enrolled) -> dict[str, Any]:
    assert isinstance(trigger, ScheduleTrigger)
    return {"date": _day(enrolled.fact, trigger.zone)}


def _day(fact: str, zone: str) -> date:
    """Return the day that the ledger names: as an ISO day, or as an instant in microseconds."""
    if fact.lstrip("-").isdigit():
        return from_micros(int(fact)).astimezone(ZoneInfo(zone)).date()
    return date.fromisoformat(fact)


_ADDED: Mapping[type, Callable[[Trigger, Enrolled], dict[str, Any]]] = {
    EventTrigger: _event,
    DateTrigger: _date,
    EveryTrigger: _every,
    SilentTrigger: _silent,
    BackTrigger: _back,
    BecomesTrigger: _becomes,
    ScheduleTrigger: _slot,
    OnTrigger: _date,
}
