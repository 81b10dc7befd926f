"""A stage over a fresh database of each kind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from careless import careless
from evaluate.explained import ASKED, CANCEL
from evaluate.staging import Stage, rule


@pytest.fixture
def stage(database: sa.Engine) -> Stage:
    """A stage to try rules on."""
    return Stage(careless(database))


@pytest.fixture
def asked(stage: Stage) -> Stage:
    """Ana, of an account, with some events; a rule with conditions of all kinds."""
    stage.account("2026-02-01 08:00", "acme", "ana", status="Active")
    stage.customer("2026-02-01 08:00", "ana", score=7)
    stage.live("2026-03-01 00:00", rule(CANCEL, 1, conditions=ASKED))
    stage.event("2026-03-01 10:00", "Cancelled")
    stage.event("2026-03-01 11:00", "Report Shared")
    return stage
