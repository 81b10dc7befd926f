"""The fault harness in its short form: some cells of each family, with the targets of the full run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.places import Place
from faults.run import FAMILIES
from faults.table import Row


@pytest.fixture
def place(postgres_url: str, tmp_path: Path) -> Place:
    """A folder of this test alone, and the server that all tests share, which nobody may stop."""
    return Place(folder=tmp_path, server=postgres_url)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_nothing_is_lost_and_nothing_is_sent_twice(place: Place, family: Callable[..., Iterator[Row]]) -> None:
    """Whatever fails, each message ends once, and no more are in doubt than requests were open."""
    rows = list(family(place, full=False))
    assert [sentence for row in rows for sentence in row.broken] == []
