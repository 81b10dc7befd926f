"""The page of the rule language cannot lie: its tables are the loader's, its examples are loaded."""

from __future__ import annotations

import re
from pathlib import Path

from engine.rules.loader import load
from engine.rules.operators import OPERATORS
from engine.rules.reference import TABLES, fill

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
EXAMPLE = re.compile(r"```yaml\n# (rules/[a-z-]+\.yaml)\n(.*?)```", re.DOTALL)


def test_the_tables_are_those_of_the_program() -> None:
    """`make docs` was run after the last change of the language."""
    assert fill(PAGE) == PAGE


def test_every_table_stands_in_the_page() -> None:
    """No table is made that nobody can read."""
    assert {name for name in TABLES if f"<!-- table: {name} -->" in PAGE} == set(TABLES)


def test_the_examples_are_one_workspace_without_a_problem() -> None:
    """Every file shown in the page loads together with the others."""
    files = dict(EXAMPLE.findall(PAGE))
    assert len(files) == PAGE.count("```yaml")
    loaded = load(files)
    assert loaded.problems == ()
    assert len(loaded.rules.rules) == len(files) - 3


def test_every_operator_is_explained() -> None:
    """Each operator of the language has its row, or is a key of its own."""
    shown = {"more than ago": "{more than:", "has": "| `has`", "missing": "| `missing`"}
    assert all(shown.get(words, f"`{{{words}: ") in PAGE for words in OPERATORS)
