"""Tests of rules whose topics have caps or quiet hours."""

from __future__ import annotations

import pytest
from ruletests.trial import FILES, outcomes, run

STORIES = {
    "a cap lets the second wait": (
        "at most: 1 per 20 days",
        "[{at: 2026-03-15 10:00, to: ana}, {at: 2026-04-04 10:00, to: ana}]",
    ),
    "a cap that lasts too long": ("at most: 1 per 60 days", "[{at: 2026-03-15 10:00, to: ana}]"),
    "no cap": ("title: Tips", "[{at: 2026-03-15 10:00, to: ana}, {at: 2026-03-31 10:00, to: ana}]"),
    "quiet hours": (
        "quiet hours: 09:30 to 12:00",
        "[{at: 2026-03-15 12:00, to: ana}, {at: 2026-03-31 12:00, to: ana}]",
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_rule_tests_keep_to_caps_and_quiet_hours(story: str) -> None:
    """A test of a rule sees mail that waits when it leaves, or never."""
    said, expected = STORIES[story]
    text = (
        "until: 2026-04-10\ncustomers:\n  ana:\nevents:\n"
        f"  - {{at: 2026-03-01 10:00, who: ana, did: Logged In}}\nexpect: {expected}\n"
    )
    topics = f"account: transactional\ntips: {{kind: marketing, {said}}}\n"
    patient = f"{FILES['rules/quiet.yaml']}too_late_after: 7 days\n"
    assert outcomes(run(text, rule="quiet", topics=topics, quiet=patient)) == {}
