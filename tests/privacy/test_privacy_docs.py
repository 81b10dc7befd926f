"""The page on privacy says what the program does."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.privacy.holdings import EXEMPT, HOLDINGS
from engine.upkeep import RETENTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()
FATES = {"deleted": "deleted", "swept": "deleted, in batches", "stripped": "stays, without what is personal"}
LINES = [f"| `{h.section}` | `{h.table.name}` | {h.about} | {FATES[h.fate]} |" for h in HOLDINGS]
LINES += [f"| `{table}` | {why} |" for table, why in EXEMPT.items()]
LINES += [f"| {each.name}: {each.about} | {f'`{each.setting}`' if each.setting else '7 days'}" for each in RETENTIONS]


@pytest.mark.parametrize("line", LINES)
def test_every_table_and_retention_is_in_the_page(line: str) -> None:
    """What is exported, exempt, erased and kept how long stands in the page in the program's own words."""
    assert line in PAGE
