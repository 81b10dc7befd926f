"""What each trigger adds to a mail, from the ledger's row and, for events, the event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.clock import from_micros
from engine.rules.model import BackTrigger, DateTrigger, EventTrigger, EveryTrigger, Rule, SilentTrigger, Trigger
from engine.subjects.context import Moment

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """What the ledger says of one moment; `event` is what happened, for triggers that are events."""

    occurrence: str
    fact: str
    offset: timedelta
    due_at: datetime
    since_at: datetime | None = None
    until_at: datetime | None = None
    event: Mapping[str, Any] = field(default_factory=dict)


def moment(rule: Rule, enrolled: Enrolled, *, started: date | datetime | None = None) -> Moment:
    """Return what a rule's trigger adds to this mail; `started` is the date that anniversaries are counted from."""
    return Moment(values=_ADDED[type(rule.trigger)](rule.trigger, enrolled, started))


def _event(_trigger: Trigger, enrolled: Enrolled, _started: date | datetime | None) -> dict[str, Any]:
    return {"event": dict(enrolled.event)}


def _date(_trigger: Trigger, enrolled: Enrolled, _started: date | datetime | None) -> dict[str, Any]:
    when = _when(enrolled.fact)
    left = {} if enrolled.offset > timedelta() else {"days_left": -(enrolled.offset // _DAY)}
    return left | ({} if when is None else {"date": when})


def _every(trigger: Trigger, enrolled: Enrolled, started: date | datetime | None) -> dict[str, Any]:
    assert isinstance(trigger, EveryTrigger)
    when = None if enrolled.since_at is None else enrolled.since_at.date()
    added: dict[str, Any] = {} if when is None else {"date": when}
    if when is None or started is None:
        return added
    years = when.year - started.year
    return added | (
        {"years": years} if trigger.period == "year" else {"months": years * 12 + when.month - started.month}
    )


def _silent(_trigger: Trigger, enrolled: Enrolled, _started: date | datetime | None) -> dict[str, Any]:
    since = {} if enrolled.since_at is None else {"since": enrolled.since_at}
    return {"days_silent": enrolled.offset // _DAY} | since


def _back(_trigger: Trigger, enrolled: Enrolled, _started: date | datetime | None) -> dict[str, Any]:
    if enrolled.since_at is None or enrolled.until_at is None:
        return {}
    return {"days_away": (enrolled.until_at - enrolled.since_at) // _DAY, "since": enrolled.since_at}


def _when(fact: str) -> date | datetime | None:
    """Read a fact as the ledger names it: an ISO day, or an instant in microseconds."""
    if fact.lstrip("-").isdigit():
        return from_micros(int(fact)).astimezone(UTC)
    try:
        return date.fromisoformat(fact)
    except ValueError:
        return None


_ADDED: Mapping[type, Callable[[Trigger, Enrolled, date | datetime | None], dict[str, Any]]] = {
    EventTrigger: _event,
    DateTrigger: _date,
    EveryTrigger: _every,
    SilentTrigger: _silent,
    BackTrigger: _back,
}
