"""Lint of rules whose one day or time is over, so that nothing will come of them any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from engine.errors import Problem
from engine.rules import english
from engine.rules.codes import RULE_CODES
from engine.rules.language.rule_file import Draft
from engine.rules.model import OnTrigger

_LAST_CLOCK = timedelta(days=1, hours=12)
"""How long after a day begins in UTC it ends where it ends last."""


def gone_by(draft: Draft, now: datetime) -> Iterator[Problem]:
    """Yield the problem of a rule of which every moment is over everywhere."""
    trigger = draft.rule.trigger
    if isinstance(trigger, OnTrigger) and _end(trigger) + draft.rule.sends[-1].offset < now:
        yield RULE_CODES["L611"].at(draft.places["when"], when=english.trigger_words(trigger))


def _end(trigger: OnTrigger) -> datetime:
    if isinstance(trigger.when, datetime):
        return trigger.when
    return datetime.combine(trigger.when, time(), UTC) + _LAST_CLOCK
