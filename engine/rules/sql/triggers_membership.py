"""The trigger `becomes`: its moments stand on episodes of membership, which `members.py` keeps up to date."""

from __future__ import annotations

import sqlalchemy as sa

from engine.clock import span
from engine.models.tables import membership
from engine.rules.model import BecomesTrigger, Rule
from engine.rules.sql.arms import RULE, Arms, changed, crossed
from engine.rules.sql.asking import Asking
from engine.rules.sql.dialects import TEXT, Column
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.moment import MomentColumns
from engine.rules.sql.stored import TABLES

Truth = sa.ColumnElement[bool]
Moments = tuple[sa.FromClause, MomentColumns, Truth]


def open_episode(row: sa.FromClause, rule: Rule, subject_id: Column) -> Truth:
    """Return whether a row is the episode of a subject that lasts."""
    of_rule = sa.and_(row.c.rule == RULE, row.c.subject_type == rule.subject)
    return sa.and_(of_rule, row.c.subject_id == subject_id, row.c.left_at.is_(None))


def membership_moments(asking: Asking) -> Moments:
    """An episode is named by its number; it has moments while it lasts, and only if its beginning was seen.

    Whoever asks about one fact asks long after the tick that looked: then what makes a member must hold still.
    """
    row = asking.sources.membership.alias()
    fact = sa.cast(row.c.episode, TEXT)
    entered = row.c.entered_at
    due = entered + asking.rows.c.offset
    moment = MomentColumns(fact=fact, due=due, arrived=entered, began=entered, anchor=entered)
    # The sum is compared, not `entered_at`: else SQLite looks for each candidate among all who came in.
    joined = asking.joined(row, row.c.subject_id, open_episode(row, asking.rule, asking.rows.c.subject_id))
    wanted = sa.and_(due.is_not(None), asking.fact_asked(fact), asking.due_within(due))
    return (joined, moment, wanted) if not asking.by_fact else _still(asking, joined, moment, wanted)


def _still(asking: Asking, joined: sa.FromClause, moment: MomentColumns, wanted: Truth) -> Moments:
    trigger = asking.rule.trigger
    assert isinstance(trigger, BecomesTrigger)
    joined, subjects = asking.subjects(joined)
    scope = Scope(subjects=subjects, moment=moment, speech=asking.speech)
    return joined, moment, sa.and_(wanted, truth(trigger.conditions, scope))


def membership_arms(rule: Rule, arms: Arms) -> None:
    """Episodes whose beginning reaches an offset, and whoever is new, of whom what is missing may already be true.

    What lets others in and out are arms of the condition's leaves.
    """
    row, table = membership.c, TABLES[rule.subject]
    arms.others[f"{rule.subject}  changed_at"] = sa.select(table.c.id).where(changed(table.c.changed_at))
    for send in rule.sends:
        ids = sa.select(row.subject_id).where(row.rule == RULE, crossed(row.entered_at, span(send.offset)))
        arms.due[f"member {send.offset}"] = ids
