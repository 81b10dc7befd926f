"""Conditions clause by clause: the evaluator's own expressions, each as a column, with the facts they were asked of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

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
    SilentTrigger,
    Trigger,
)
from engine.rules.sql.asking import subject_rows
from engine.rules.sql.dialects import TEXT, WHOLE
from engine.rules.sql.judgement import Judgement
from engine.rules.sql.kept import kept
from engine.rules.sql.leaves import Scope, truth
from engine.rules.sql.moment import NO_INSTANT, NO_TEXT, MomentColumns
from engine.rules.sql.sources import past
from engine.rules.sql.stored import place
from engine.rules.sql.tally import Tally

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


def of_trigger(judgement: Judgement) -> Judgement:
    """Return the same judgement with the conditions that a rule's trigger `becomes` holds."""
    trigger = judgement.rule.trigger
    assert isinstance(trigger, BecomesTrigger)
    return replace(judgement, rule=replace(judgement.rule, conditions=trigger.conditions))


def clauses(judgement: Judgement) -> sa.Select[Any]:
    """Return one row of one subject: of the n-th node its truth `holds_n`, and what it read.

    That is `value_n`; of events also `last_n`, the last that counts, `ever_n`, the last of all time where only some
    count, and `turn_n_k`, the k-th latest that counts in a window that holds k of them or not. `zone` is
    the subject's, `trigger_value` or `trigger_last` what the trigger reads.
    """
    row = kept(judgement.speech.rows(MOMENT, MOMENT_COLUMNS), "asked_moment")
    source, subjects = subject_rows(row, row.c.subject_id, judgement.rule, judgement.zone, judgement.sources)
    moment = MomentColumns(
        fact=NO_TEXT, due=NO_INSTANT, arrived=NO_INSTANT, anchor=row.c.anchor, event_id=row.c.event_id
    )
    scope = Scope(subjects=subjects, moment=moment, speech=judgement.speech)
    columns: list[sa.ColumnElement[Any]] = [
        column.label(f"{name}_{number}{suffix}")
        for number, node in enumerate(nodes(judgement.rule.conditions))
        for (name, suffix), column in _columns(node, scope).items()
    ]
    columns += [subjects.local_zone.label("zone"), *_trigger(judgement.rule.trigger, scope)]
    return sa.select(row.c.subject_id, *columns).select_from(source)


def _trigger(trigger: Trigger, scope: Scope) -> list[sa.ColumnElement[Any]]:
    """Return what the trigger reads: a fact's value, or when its event last happened."""
    subjects = scope.subjects
    if isinstance(trigger, DateTrigger | EveryTrigger):
        fact = trigger.fact if isinstance(trigger, DateTrigger) else trigger.since
        return [sa.cast(subjects.value(fact, place(fact).shown), TEXT).label("trigger_value")]
    if not isinstance(trigger, EventTrigger | SilentTrigger | BackTrigger):
        return []
    test = DidTest(event=None if isinstance(trigger, BackTrigger) else trigger.event)
    tally = Tally(test=test, subjects=subjects, moment=scope.moment, speech=scope.speech)
    return [tally.last_ever.label("trigger_last")]


def turning_counts(test: DidTest) -> tuple[int, ...]:
    """Return how many events in its window make a test turn when the earliest of them leaves it."""
    if test.within is None:
        return ()
    bounds = (test.at_least, None if test.at_most is None else test.at_most + 1)
    return tuple(bound for bound in bounds if bound)


def _columns(node: Condition, scope: Scope) -> dict[tuple[str, str], sa.ColumnElement[Any]]:
    holds = {("holds", ""): truth(node, scope)}
    if isinstance(node, FactTest):
        shown = scope.subjects.value(node.fact, place(node.fact).shown)
        return holds | {("value", ""): sa.cast(shown, TEXT)}
    return holds | _counted(node, scope) if isinstance(node, DidTest) else holds


def _counted(test: DidTest, scope: Scope) -> dict[tuple[str, str], sa.ColumnElement[Any]]:
    tally = Tally(test=test, subjects=scope.subjects, moment=scope.moment, speech=scope.speech)
    columns = {("value", ""): sa.cast(tally.count, TEXT), ("last", ""): tally.last, ("ever", ""): tally.last_ever}
    return columns | {("turn", f"_{times}"): tally.latest(times) for times in turning_counts(test)}
