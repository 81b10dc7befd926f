"""Lint of what looks back further than events are kept: it would count less and less, without a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.durations import english_duration
from engine.rules.language.rule_file import Draft
from engine.rules.model import DidTest, EventTrigger
from engine.yaml_text import Node


def outlasting(draft: Draft, kept: timedelta) -> Iterator[Problem]:
    """Yield each window, delay and backfill of a rule that is longer than events are kept."""
    for place, what, length in _lengths(draft):
        if length > kept:
            words = {"length": english_duration(length), "kept": english_duration(kept)}
            yield RULE_CODES["L606"].at(place, what=what, **words)


def _lengths(draft: Draft) -> Iterator[tuple[Node, str, timedelta]]:
    """Yield what reads the log of events, and how far back."""
    for leaf in draft.tests():
        test = leaf.condition
        if isinstance(test, DidTest) and test.within is not None:
            yield leaf.node, "`did not`" if test.negated else "`did`", test.within
    rule = draft.rule
    if not isinstance(rule.trigger, EventTrigger):
        return
    for moment in draft.moments:
        yield moment.node, f"`{moment.send.label}`", moment.send.offset
    if isinstance(rule.backfill, timedelta):
        yield draft.places["backfill"], "`backfill`", rule.backfill
