"""The triggers: one row each, with its moments, its arms and its guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

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
)
from engine.rules.sql.arms import Arms
from engine.rules.sql.asking import Asking
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.triggers_dates import anniversary_arms, anniversary_moments, date_arms, date_moments
from engine.rules.sql.triggers_events import (
    event_arms,
    event_moments,
    return_arms,
    return_moments,
    silence_arms,
    silence_moments,
)
from engine.rules.sql.triggers_membership import membership_arms, membership_moments
from engine.rules.sql.triggers_slots import everybody_arms, once_moments, slot_moments

Moments = tuple[sa.FromClause, MomentColumns, sa.ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class TriggerRow:
    """What a trigger says: its moments, the arms that find their subjects, and whether a guard keeps them apart.

    `guarded` names the ledger's column that ends what a row stood for: a silence is over for us when its mail was due,
    an absence when it ended. A late event must not make a second one out of the same. The facts of a `series` come
    after one another, so that a later one overtakes those before it.
    """

    moments: Callable[[Asking], Moments]
    arms: Callable[[Rule, Arms], None]
    guarded: str | None = None
    series: bool = False


TRIGGERS: Mapping[type, TriggerRow] = {
    EventTrigger: TriggerRow(moments=event_moments, arms=event_arms),
    DateTrigger: TriggerRow(moments=date_moments, arms=date_arms),
    EveryTrigger: TriggerRow(moments=anniversary_moments, arms=anniversary_arms),
    SilentTrigger: TriggerRow(moments=silence_moments, arms=silence_arms, guarded="due_at"),
    BackTrigger: TriggerRow(moments=return_moments, arms=return_arms, guarded="until_at"),
    BecomesTrigger: TriggerRow(moments=membership_moments, arms=membership_arms),
    ScheduleTrigger: TriggerRow(moments=slot_moments, arms=everybody_arms, series=True),
    OnTrigger: TriggerRow(moments=once_moments, arms=everybody_arms),
}


def row_of(rule: Rule) -> TriggerRow:
    """Return the row of a rule's trigger."""
    return TRIGGERS[type(rule.trigger)]
