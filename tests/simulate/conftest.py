"""A planner over each database."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from planned import Planner


@pytest.fixture
def planner(database: sa.Engine, database_url: str, tmp_path: Path) -> Planner:
    """Plans over an empty database of each kind."""
    folder = tmp_path / "ws"
    folder.mkdir()
    return Planner(database=database, url=database_url, folder=folder)
