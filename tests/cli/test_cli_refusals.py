"""What would be accepted and have no effect, or throw mail away, is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Lifecycle


def test_nobody_is_suppressed_for_a_transactional_topic(lifecycle: Lifecycle, starter: Path) -> None:
    """It would keep nothing back; the sentence says what does."""
    del starter
    said = lifecycle.refused("suppress", "add", "ana@x.test", "--topic", "billing", code=2)
    assert said == "nobody can say no to the transactional topic billing alone; without --topic, to all mail"
    assert lifecycle.ok("suppress", "list", "--json").json == []


def test_nothing_is_sent_by_a_provider_that_does_not_take_it(
    lifecycle: Lifecycle, starter: Path, variables: pytest.MonkeyPatch
) -> None:
    """Where marketing topics are live and the provider refuses them, sending does not start; other stages may."""
    del starter
    lifecycle.ok("apply")
    variables.setenv("LIFECYCLE_PROVIDER", "sendgrid")
    variables.setenv("LIFECYCLE_SENDGRID_API_KEY", "a key")
    for only in ((), ("--only", "dispatch")):
        refused = lifecycle("run", "--once", *only)
        assert refused.code == 1
        assert "mail of marketing topics cannot leave by sendgrid" in refused.err
    for stage in ("evaluate", "enqueue"):
        lifecycle.ok("run", "--once", "--only", stage)
