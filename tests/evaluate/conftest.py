"""A stage over a fresh database of each kind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from careless import careless
from evaluate.staging import Stage


@pytest.fixture
def stage(database: sa.Engine) -> Stage:
    """A stage to try rules on."""
    return Stage(careless(database))
