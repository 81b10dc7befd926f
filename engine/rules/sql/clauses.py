"""Conditions clause by clause: the evaluator's own expressions, each as a column, with the facts they were asked of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from engine.rules.model import Condition, DidTest, FactTest, Group
from engine.rules.sql.asking import subject_rows
from engine.rules.sql.dialects import TEXT, WHOLE
from engine.rules.sql.judgement import Judgement
from engine.rules.sql.kept import kept
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.leaves_events import tally
from engine.rules.sql.moment import NO_INSTANT, NO_TEXT, MomentColumns
from engine.rules.sql.sources import past
from engine.rules.sql.stored import place

MOMENT = "moment"
MOMENT_COLUMNS = {"subject_id": TEXT, "anchor": WHOLE, "event_id": TEXT}


def nodes(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all its parts, each before its own parts."""
    yield condition
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from nodes(part)


def in_the_past(judgement: Judgement) -> Judgement:
    """Return the same judgement over what was known at a time in the past."""
    return replace(judgement, sources=past(judgement.speech))


def clauses(judgement: Judgement) -> sa.Select[Any]:
    """Return one row of one subject: of the n-th node its truth `holds_n`, and what it read, `value_n` and `last_n`."""
    row = kept(judgement.speech.rows(MOMENT, MOMENT_COLUMNS), "asked_moment")
    source, subjects = subject_rows(row, judgement.rule, judgement.zone, judgement.sources)
    moment = MomentColumns(
        fact=NO_TEXT, due=NO_INSTANT, arrived=NO_INSTANT, anchor=row.c.anchor, event_id=row.c.event_id
    )
    scope = Scope(subjects=subjects, moment=moment, speech=judgement.speech)
    columns = [
        column.label(f"{name}_{number}")
        for number, node in enumerate(nodes(judgement.rule.conditions))
        for name, column in _columns(node, scope).items()
    ]
    return sa.select(row.c.subject_id, *columns).select_from(source)


def _columns(node: Condition, scope: Scope) -> dict[str, sa.ColumnElement[Any]]:
    holds = {"holds": truth(node, scope)}
    if isinstance(node, FactTest):
        shown = scope.subjects.value(node.fact, place(node.fact).shown)
        return holds | {"value": sa.cast(shown, TEXT)}
    if isinstance(node, DidTest):
        count, last = tally(node, scope.subjects, scope.moment, scope.speech)
        return holds | {"value": sa.cast(count, TEXT), "last": last}
    return holds
