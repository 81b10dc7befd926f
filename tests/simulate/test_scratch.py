"""A scratch database is whole while it is used, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

from engine import schema
from engine.simulate.scratch import scratch


def test_a_scratch_database_is_up_to_date_and_vanishes() -> None:
    """It has all tables, and its folder does not stay behind."""
    with scratch() as engine:
        schema.require_current(engine)
        folder = Path(str(engine.url.database)).parent
        assert folder.exists()
    assert not folder.exists()
