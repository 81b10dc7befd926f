"""The page about tests cannot lie: its tables are those of the forms, its examples pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruletests.trial import FILES

from engine.rendering import compile_library
from engine.rules.scenarios.reference import TABLES, fill
from engine.ruletests import Bench, read
from engine.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "tests.md").read_text()
EXAMPLE = re.compile(r"```yaml\n# (rules/[a-z.-]+\.yaml)\n(.*?)```", re.DOTALL)
EXAMPLES = dict(EXAMPLE.findall(PAGE))
TESTS = [path for path in EXAMPLES if path.endswith(".test.yaml")]
MAILS = {
    "templates/before-you-go.md": '---\nsubject: "Before you go, can we help?"\n---\nCan we?\n',
    "templates/card-expiry.md": '---\nsubject: "Your card"\n---\nIt ends in {{ days_left }} days.\n',
}


def test_the_tables_are_those_of_the_program() -> None:
    """`make docs` was run after the last change of a form, and every table stands in the page."""
    assert fill(PAGE) == PAGE
    assert {name for name in TABLES if f"<!-- table: {name} -->" in PAGE} == set(TABLES)


@pytest.mark.parametrize("path", TESTS)
def test_the_examples_pass(path: str) -> None:
    """Each test of the page, with the rule of the page."""
    shared = {name: text for name, text in FILES.items() if not name.startswith("rules/")}
    topics = {"rules/topics.yaml": "account: transactional\nbilling: transactional\n"}
    files = {**shared, **topics, **MAILS, **EXAMPLES}
    library, _ = compile_library(files)
    found = read(files, templates=library.names, zone="UTC")
    assert found.problems == ()
    result = Bench(files=files, library=library, settings=Settings(provider="memory")).run(found.scenarios[path])
    assert [verdict.title for verdict in result.verdicts if not verdict.passed] == []
