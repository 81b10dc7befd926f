"""Importers into fresh databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from importing import Importer

from engine.db import connect


@pytest.fixture
def importer(database: sa.Engine, tmp_path: Path) -> Importer:
    """An importer into a fresh database of each kind."""
    return Importer(database, tmp_path)


@pytest.fixture
def lite(sqlite_template: Path, tmp_path: Path) -> Iterator[Importer]:
    """An importer into SQLite alone, for what has nothing to do with the database."""
    (tmp_path / "lite.db").write_bytes(sqlite_template.read_bytes())
    engine = connect(f"sqlite:///{tmp_path / 'lite.db'}")
    yield Importer(engine, tmp_path)
    engine.dispose()
