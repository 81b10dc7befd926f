"""The triggers: one row each, with its keyword, options, moments, and what it tells the mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.facts import Fact, FactType
from engine.rules.language import timetables
from engine.rules.language import trigger_options as options
from engine.rules.language.forms import Answers, FormOf
from engine.rules.language.names import ANY_EVENT
from engine.rules.language.offsets import Form
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    OnTrigger,
    PropertyTest,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
    Trigger,
)

PERIODS = {"year": timedelta(days=365), "month": timedelta(days=28)}
"""The shortest time between two anniversaries, by period."""
ANY_PROPERTY = "event.properties.*"


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Which moments a trigger has; `plain` is meant where `send` names only a template.

    `why_not_before` says why it has none before it, where it has none.
    """

    forms: tuple[Form, ...]
    plain: Form | None = None
    whole_days: bool = False
    why_not_before: str = "nobody knows that it will happen"


LATER = Moments(forms=(Form.AT_ONCE, Form.AFTER), plain=Form.AT_ONCE)
SLOT = replace(LATER, why_not_before="the schedule itself says when")
RETURN = Moments(forms=(Form.AT_ONCE, Form.ON_RETURN, Form.AFTER), plain=Form.AT_ONCE)
SILENCE = Moments(forms=(Form.AFTER,))
CALENDAR = Moments(forms=(Form.ON_THE_DAY, Form.BEFORE, Form.AFTER), plain=Form.ON_THE_DAY, whole_days=True)
INSTANT = Moments(forms=(Form.AT_ONCE, Form.ON_THE_DAY, Form.BEFORE, Form.AFTER), plain=Form.AT_ONCE)


@dataclass(frozen=True, kw_only=True)
class TriggerKind:
    """One trigger of the language: `gives` are the facts its mails know beside the customer's and the account's."""

    keyword: str
    model: type[Trigger]
    english: str
    example: str
    form: FormOf
    build: Callable[[Answers], Trigger]
    moments: Callable[[Trigger], Moments]
    gives: Callable[[Trigger], tuple[Fact, ...]]


def _fact(path: str, type_: FactType, english: str, *, always: bool = True) -> Fact:
    return Fact(path=path, type=type_, english=english, always=always)


_T = FactType


def _event_facts(trigger: Trigger) -> tuple[Fact, ...]:
    assert isinstance(trigger, EventTrigger)
    named = {test.name: _property_type(test) for test in trigger.where}
    return (
        _fact("event.name", _T.TEXT, "the event's name"),
        _fact("event.at", _T.TIME, "when it happened"),
        *(_fact(f"event.properties.{name}", type_, f"its property {name}") for name, type_ in named.items()),
        _fact(ANY_PROPERTY, _T.TEXT, "any other property of the event, which may be missing", always=False),
    )


def _property_type(test: PropertyTest) -> FactType:
    value = test.operands[0]
    if isinstance(value, bool):
        return _T.BOOLEAN
    return _T.TEXT if isinstance(value, str) else _T.NUMBER


def _every_facts(trigger: Trigger) -> tuple[Fact, ...]:
    assert isinstance(trigger, EveryTrigger)
    count = _fact(f"{trigger.period}s", _T.NUMBER, f"how many {trigger.period}s it is at this anniversary")
    return (count, _fact("date", _T.DATE, "the day of the anniversary"))


_DATE_FACTS = (
    _fact("days_left", _T.NUMBER, "days from today to the date; 0 on the day and after it"),
    _fact("date", _T.DATE, "the date itself"),
)
_SILENT_FACTS = (
    _fact("days_silent", _T.NUMBER, "whole days since the silence began"),
    _fact("since", _T.TIME, "when the silence began"),
)
_BECOMES_FACTS = (_fact("became_at", _T.TIME, "when it became so"),)
_SLOT_FACTS = (_fact("date", _T.DATE, "the day of the slot, by the schedule's own clock"),)
_BACK_FACTS = (_fact("days_away", _T.NUMBER, "whole days the customer was away"),)


def _event(answers: Answers) -> Trigger:
    where = answers.get("where", ())
    return EventTrigger(event=answers["event"], first=answers.get("first", False), where=where)


def _silent(answers: Answers) -> Trigger:
    event = None if answers["silent"] == ANY_EVENT else answers["silent"]
    return SilentTrigger(event=event, or_since=answers.get("or since"))


def _date_moments(trigger: Trigger) -> Moments:
    assert isinstance(trigger, DateTrigger)
    return CALENDAR if trigger.fact.type is FactType.DATE else INSTANT


def _on_moments(trigger: Trigger) -> Moments:
    assert isinstance(trigger, OnTrigger)
    return INSTANT if isinstance(trigger.when, datetime) else CALENDAR


_ROWS = (
    TriggerKind(
        keyword="event",
        model=EventTrigger,
        english="each time an event happens, or only the customer's first",
        example="{event: Signed Up, first: true}",
        form=options.EVENT,
        build=_event,
        moments=lambda _: LATER,
        gives=_event_facts,
    ),
    TriggerKind(
        keyword="date",
        model=DateTrigger,
        english="before, on and after a date or instant of the customer or the account",
        example="{date: account.card_expires_on}",
        form=options.DATE,
        build=lambda answers: DateTrigger(fact=answers["date"]),
        moments=_date_moments,
        gives=lambda _: _DATE_FACTS,
    ),
    TriggerKind(
        keyword="every",
        model=EveryTrigger,
        english="around each anniversary of a date, by year or by month",
        example="{every: year, since: account.subscribed_on}",
        form=options.EVERY,
        build=lambda answers: EveryTrigger(period=answers["every"], since=answers["since"]),
        moments=lambda _: CALENDAR,
        gives=_every_facts,
    ),
    TriggerKind(
        keyword="silent",
        model=SilentTrigger,
        english="when the customer has done nothing, or not this, for so long",
        example="{silent: any event, or since: customer.signed_up_at}",
        form=options.SILENT,
        build=_silent,
        moments=lambda _: SILENCE,
        gives=lambda _: _SILENT_FACTS,
    ),
    TriggerKind(
        keyword="back after",
        model=BackTrigger,
        english="when the customer does something again after an absence",
        example="{back after: 30 days}",
        form=options.BACK_AFTER,
        build=lambda answers: BackTrigger(after=answers["back after"]),
        moments=lambda _: RETURN,
        gives=lambda _: _BACK_FACTS,
    ),
    TriggerKind(
        keyword="becomes",
        model=BecomesTrigger,
        english="each time something becomes true of the customer that was not, or the customer comes into a segment",
        example="{becomes: {account.status: past_due}}",
        form=options.BECOMES,
        build=lambda answers: BecomesTrigger(conditions=answers["becomes"]),
        moments=lambda _: LATER,
        gives=lambda _: _BECOMES_FACTS,
    ),
    TriggerKind(
        keyword="schedule",
        model=ScheduleTrigger,
        english="each time a schedule comes round, for everybody",
        example='{schedule: "0 9 * * mon", zone: Europe/Stockholm}',
        form=timetables.SCHEDULE,
        build=lambda answers: ScheduleTrigger(cron=answers["schedule"], zone=answers["zone"]),
        moments=lambda _: SLOT,
        gives=lambda _: _SLOT_FACTS,
    ),
    TriggerKind(
        keyword="on",
        model=OnTrigger,
        english="once, on a day or at a time, for everybody",
        example="{on: 2026-12-01}",
        form=timetables.ON,
        build=lambda answers: OnTrigger(when=answers["on"]),
        moments=_on_moments,
        gives=lambda _: _DATE_FACTS,
    ),
)
TRIGGERS: dict[str, TriggerKind] = {row.keyword: row for row in _ROWS}
"""Every trigger by its keyword."""


def kind_of(trigger: Trigger) -> TriggerKind:
    """Return the row of a trigger."""
    return next(row for row in _ROWS if isinstance(trigger, row.model))


def trigger_facts(rule: Rule) -> Mapping[str, Fact]:
    """Return what a rule's trigger tells its mails, by path, such as `days_left`, `years`, `event.name`.

    `event.properties.*` stands for every other property of an event: it may be missing, and its type is not known.
    """
    return {fact.path: fact for fact in kind_of(rule.trigger).gives(rule.trigger)}
