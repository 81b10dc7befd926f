"""The ten rules of the benchmark: facts that fall due, `becomes`, counts in a window and none, accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.facts import BUILT_IN
from engine.rules.compiler import compile_rule
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    Condition,
    DateTrigger,
    DidTest,
    EventTrigger,
    EveryTrigger,
    FactTest,
    Group,
    Place,
    PropertyTest,
    Rule,
    Send,
    SilentTrigger,
    Trigger,
)


def rule(name: str, trigger: Trigger, days: tuple[float, ...], *conditions: Condition, role: str | None = None) -> Rule:
    """Return a rule of the benchmark."""
    return Rule(
        name=name,
        topic="tips",
        trigger=trigger,
        sends=tuple(Send(label=f"{day:+g} days", offset=timedelta(days=day), template=name) for day in days),
        place=Place(path=f"rules/{name}.yaml", line=1, column=1),
        conditions=Group(kind="all", parts=conditions),
        to_role=role,
    )


def fact(path: str, operator: str, *operands: Any) -> FactTest:  # noqa: ANN401 (each fact has its type)
    """Return a test of a built-in fact."""
    return FactTest(fact=BUILT_IN[path], operator=operator, operands=operands)


def _date(path: str) -> DateTrigger:
    return DateTrigger(fact=BUILT_IN[path])


_PRO = PropertyTest(name="plan", operator="is", operands=("pro",))
_SUBSCRIBED = EveryTrigger(period="year", since=BUILT_IN["account.subscribed_on"])
_CANCELLED = DidTest(event="Subscription Cancelled", negated=True, since_trigger=True)
_NEW = Group(kind="all", parts=(fact("customer.signed_up_at", "within last", timedelta(days=7)),))
_OFTEN = DidTest(event="Logged In", at_least=3, within=timedelta(days=7))
RULES = (
    rule("new", BecomesTrigger(conditions=_NEW), (0,)),
    rule("nudge", _date("customer.signed_up_at"), (7,), DidTest(event="Report Shared", negated=True)),
    rule("silent", SilentTrigger(), (14, 30), fact("account.status", "one of", "active", "trialing")),
    rule("back", BackTrigger(after=timedelta(days=30)), (0,)),
    rule("card", _date("account.card_expires_on"), (-30, -7, -1), role="owner"),
    rule("renewal", _date("account.renews_on"), (-14,), fact("account.status", "is", "active"), role="owner"),
    rule("loyalty", _SUBSCRIBED, (0,), fact("account.renewals", "at least", 1), role="owner"),
    rule("cancel", EventTrigger(event="Cancel Page Viewed", where=(_PRO,)), (1,), _CANCELLED),
    rule("first", EventTrigger(event="Report Shared", first=True), (1 / 24,)),
    rule("active", _date("customer.signed_up_at"), (14,), _OFTEN),
)
PROGRAMS = {each.name: compile_rule(each, zone="UTC") for each in RULES}
