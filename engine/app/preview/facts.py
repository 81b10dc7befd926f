"""What a preview prints: facts of a sample or a stored customer, and what the trigger would add to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.app.explain import subject_of
from engine.app.preview.desk import Desk, Moment
from engine.checking import uses
from engine.clock import from_micros, span
from engine.errors import UsageError
from engine.evaluate.nearest import nearest
from engine.facts import known_facts
from engine.outbox.facts import events_of, moment_of
from engine.rendering.checking.missing import INVENTED
from engine.rendering.kinds import Kind
from engine.rules.model import DateTrigger, SilentTrigger
from engine.subjects import Known

_DAY = timedelta(days=1)
_NOT_ADDED = ("customer", "account", "links")
_KEY = "preview"


@dataclass(frozen=True, kw_only=True)
class Added:
    """What the trigger and the rule add by name, and in a sentence where it is not this customer's own."""

    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def of_sample(desk: Desk, sample: Mapping[str, Any], template: str, moment: Moment | None) -> dict[str, Any]:
    """Return a sample with every fact that the rules of an email prove, invented by its type where it lacks."""
    facts, shown = known_facts(desk.rules.traits), {name: sample.get(name, {}) for name in ("customer", "account")}
    for path in _certain(desk, template) & facts.keys():
        subject, _, name = path.partition(".")
        shown[subject] = {name: INVENTED[Kind(facts[path].type.value)], **shown[subject]}
    return {**sample, **shown, **(moment.send.values if moment else {})}


def at_moment(printed: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """Return a sample as it is at a moment that was chosen: its days are those of the offset."""
    days = moment.send.offset // _DAY
    trigger = moment.rule.trigger
    if isinstance(trigger, DateTrigger):
        return {**printed, "days_left": max(-days, 0)}
    return {**printed, "days_silent": days} if isinstance(trigger, SilentTrigger) else dict(printed)


def of_customer(
    connection: sa.Connection,
    desk: Desk,
    known: Known,
    sample: Mapping[str, Any],
    moment: Moment | None,
    *,
    now: datetime,
) -> Added:
    """Return what the trigger adds for a customer at their next moment, else at their last one, else in the sample."""
    given = {name: value for name, value in sample.items() if name not in _NOT_ADDED}
    if moment is None:
        return Added(values=given)
    own = _of_moment(connection, desk, known, moment, now)
    values = {**given, **moment.send.values, **(own or {})}
    who, missing = known.person.id, f"has no moment of the rule `{moment.rule.name}`"
    return Added(values=values, note="" if own is not None else f"{who} {missing}; what it would add is the sample's.")


def _of_moment(
    connection: sa.Connection, desk: Desk, known: Known, moment: Moment, now: datetime
) -> dict[str, Any] | None:
    program = desk.program(moment.rule)
    subject = subject_of(connection, program, known.person.id)
    found = nearest(connection, program, subject, moment.send, now) if subject else None
    if found is None:
        return None
    row = {
        "send_id": _KEY,
        "rule": moment.rule.name,
        "subject_id": subject,
        "fact": found["event_id"] or found["fact"],
        "offset": span(moment.send.offset),
        "due_at": from_micros(found["due"]),
        "since_at": _instant(found["began"]),
        "until_at": _instant(found["ended"]),
    }
    happened = events_of(connection, [row], desk).get(_KEY, {})
    zone = known.zone(desk.settings.time_zone)
    return moment_of(row, moment.rule, known, happened, now=row["due_at"], zone=zone)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def require_certain(desk: Desk, printed: Mapping[str, Any], template: str, customer: str) -> None:
    """Raise UsageError where a customer lacks a fact without which no rule would write this email to them."""
    for path in sorted(_certain(desk, template) & known_facts(desk.rules.traits).keys()):
        subject, _, name = path.partition(".")
        if name not in printed.get(subject, {}):
            raise UsageError(f"{customer} has no {path}, without which no rule sends `{template}` to them")


def _certain(desk: Desk, template: str) -> frozenset[str]:
    found = [use.present for use in uses(desk.rules).get(template, ())]
    return frozenset.intersection(*found) if found else frozenset()
