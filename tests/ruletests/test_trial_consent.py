"""Tests of rules whose topic asks people first."""

from __future__ import annotations

import pytest
from ruletests.trial import outcomes, run

TOPICS = "account: transactional\ntips: {kind: marketing, consent: opt-in}\n"
STORIES = {
    "nobody said yes": ("bob: {}", "", "{never: [ana, bob]}"),
    "one said yes": ("bob: {consents: tips}", "", "{at: 2026-03-15 10:00, to: bob}\n  - {never: ana}"),
    "said yes in time": (
        "bob:",
        "changes:\n  - {at: 2026-03-10, who: bob, consents: [tips]}\n",
        "{at: 2026-03-15 10:00, to: bob}\n  - {never: ana}",
    ),
    "said yes and then no": (
        "bob: {consents: tips}",
        "changes:\n  - {at: 2026-03-10, who: bob, suppress: tips}\n",
        "{never: [ana, bob]}",
    ),
    "said no and then yes": (
        "bob: {suppressed: tips}",
        "changes:\n  - {at: 2026-03-10, who: bob, consents: tips}\n",
        "{at: 2026-03-15 10:00, to: bob}\n  - {never: ana}",
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_rule_tests_ask_for_consent(story: str) -> None:
    """A test of a rule says who consents, before or while the rules are live."""
    bob, changes, expected = STORIES[story]
    text = (
        f"until: 2026-03-20\ncustomers:\n  ana:\n  {bob}\nevents:\n"
        f"  - {{at: 2026-03-01 10:00, who: [ana, bob], did: Logged In}}\n{changes}expect:\n  - {expected}\n"
    )
    assert outcomes(run(text, rule="quiet", topics=TOPICS)) == {}
