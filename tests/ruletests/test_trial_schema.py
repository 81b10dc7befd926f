"""The JSON Schema of test files says the same as their reader, as far as a schema can."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruletests.test_trial_files import BAD, GOOD, split
from ruletests.trial import FILES, LIBRARY
from starter import pack

from engine.rules.json_schema import FOLDER, schemas
from engine.rules.loader import load
from engine.yaml_text import read, to_python

PATH = f"{FOLDER}/test.json"
SCHEMA = schemas(load(FILES).rules, LIBRARY.names)[PATH]
BEYOND = {
    # what no schema can see: names that stand in the file itself, times against each other, values of facts
    "E306", "E601", "E602", "E604", "E608", "E609", "E610", "E611", "E612", "E613", "E614", "L601",
}  # fmt: skip
BEYOND_FILES = {"another-rule", "comment-only", "empty", "day-alone", "day-impossible", "no-expectation"} | {
    "zone-behind-a-time"
}
CASES = [path for path in BAD if path.stem not in BEYOND_FILES and not {p.split()[1] for p in split(path)[1]} <= BEYOND]


def faults(schema: dict[str, object], text: str) -> list[str]:
    """Return what a schema finds in a test."""
    value = to_python(read(text, path="rules/a.test.yaml").node)
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(value)]


def test_the_schema_is_sound() -> None:
    """It is a schema of the draft that it names."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_good_tests_fit() -> None:
    """What the reader takes, the editor does not underline."""
    shipped = schemas(pack.rules(), pack.templates())[PATH]
    tests = {path: text for path, text in pack.files().items() if path.endswith(".test.yaml")}
    assert {path: faults(shipped, text) for path, text in tests.items()} == {path: [] for path in tests}
    assert faults(SCHEMA, GOOD) == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bad_test_does_not_fit_where_a_schema_can_see_it(path: Path) -> None:
    """What is refused by form or by name is underlined while it is written."""
    assert faults(SCHEMA, split(path)[0])


def test_the_workspace_s_own_names_are_offered() -> None:
    """Rules, templates, facts, topics and the events that rules read."""
    text = json.dumps(SCHEMA)
    for name in ("before-you-go", "quiet-30", "customer.score", "spent", "tips", "Subscription Cancelled"):
        assert json.dumps(name) in text
