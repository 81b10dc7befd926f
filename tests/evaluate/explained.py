"""A rule with several clauses, asked about in the tests of explaining."""

from __future__ import annotations

from datetime import timedelta

from evaluate.staging import Stage, at, fact

from engine import evaluate
from engine.rules.model import (
    DidTest,
    EventTrigger,
    Group,
)

CANCEL = EventTrigger(event="Cancelled")
ASKED = (
    fact("account.status", "one of", "active", "trialing"),
    Group(
        kind="any",
        parts=(
            DidTest(event="Report Shared", at_least=2, within=timedelta(days=7)),
            fact("customer.score", "at least", 10),
        ),
    ),
)


def explain(stage: Stage, now: str, when: str | None = None) -> evaluate.Explanation:
    """Explain the tried rule for Ana."""
    found = stage.ask(evaluate.explain, "ana", at(now), at(when) if when else None)
    assert isinstance(found, evaluate.Explanation)
    return found
