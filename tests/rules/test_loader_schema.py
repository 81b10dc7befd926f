"""The JSON Schemas say the same as the loader, as far as a schema can, and the editor finds them."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rules.rule_files import BAD, GOOD, bad_case

from engine import editor
from engine.rules.json_schema import ASSOCIATIONS, FOLDER, schemas
from engine.rules.loader import load
from engine.yaml_text import read, to_python

RULES = load(GOOD).rules
TEMPLATES = {send.template for rule in RULES.rules.values() for send in rule.sends} | {"tour"}
SCHEMAS = schemas(RULES, TEMPLATES, {"Logged In", "Signed Up"})
VALIDATORS = {path: jsonschema.Draft7Validator(schema) for path, schema in SCHEMAS.items()}
BEYOND = {
    # what no schema can see: places of things, meanings, and what stands in other files
    "E101", "E102", "E103", "E104", "E105", "E106", "E107", "E108", "E109", "E204", "E205", "E209", "E211", "E305",
    "E306", "E402", "E405", "E407", "E410", "E411", "E412", "E501", "E502", "E503", "E504", "E505", "E506", "E509",
    "E414", "E416", "E510", "L603", "L604", "L605", "L610", "L612",
}  # fmt: skip
BEYOND_FILES = {"day-impossible", "money-digits", "money-yen", "short-absence"}
BEYOND_FILES |= {
    "on-no-such-day",
    "on-no-such-hour",
    "on-too-far",
    "schedule-no-such-day",
    "schedule-too-often",
    "schedule-weekday",
}
"""Values that have the right form."""
CASES = [path for path in BAD if not path.name.endswith(".yml")]


def schema_of(place: str) -> str:
    """Return the path of the schema that an editor uses for a file: the last glob that matches decides."""
    chosen = ""
    for schema, globs in ASSOCIATIONS.items():
        matches = [glob for glob in globs if fnmatch(place, glob.removeprefix("!"))]
        if matches and not matches[-1].startswith("!"):
            assert not chosen, "a file has one schema"
            chosen = schema
    return chosen


def faults(place: str, text: str) -> list[str]:
    """Return what the schema of a file finds in it."""
    value = to_python(read(text, path=place).node)
    return [error.message for error in VALIDATORS[schema_of(place)].iter_errors(value)]


@pytest.mark.parametrize("path", SCHEMAS)
def test_schemas_are_sound(path: str) -> None:
    """Each is a schema of the draft that it names."""
    jsonschema.Draft7Validator.check_schema(SCHEMAS[path])
    assert SCHEMAS[path]["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("place", GOOD)
def test_a_good_file_fits_its_schema(place: str) -> None:
    """What the loader takes, the editor does not underline."""
    assert faults(place, GOOD[place]) == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_bad_file_does_not_fit_where_a_schema_can_see_it(path: Path) -> None:
    """What the loader refuses by form or by name, the editor underlines while it is written."""
    place, files, expected = bad_case(path)
    codes = {problem.split(": ")[1].split(" ")[0] for problem in expected}
    if codes <= BEYOND or path.stem in BEYOND_FILES:
        assert load(files).problems
        return
    assert faults(place, files[place]), f"{codes} are not seen by the schema"


def nodes(value: object) -> list[dict[str, Any]]:
    """Return every object in a JSON value."""
    if isinstance(value, list):
        return [node for item in value for node in nodes(item)]
    return [value, *nodes(list(value.values()))] if isinstance(value, dict) else []


def test_every_key_is_described() -> None:
    """Completion shows a sentence beside each key of a rule and each fact of a condition."""
    rule = SCHEMAS[f"{FOLDER}/rule.json"]
    condition = rule["definitions"]["condition"]["properties"]
    assert all(schema["description"] for schema in (*rule["properties"].values(), *condition.values()))
    when = [form["properties"] for form in rule["properties"]["when"]["anyOf"]]
    assert all(schema["description"] for keys in when for schema in keys.values())


def test_the_workspace_s_own_names_are_offered() -> None:
    """Traits, topics, segments, templates, roles and seen events of the workspace are in the schema."""
    text = json.dumps(SCHEMAS[f"{FOLDER}/rule.json"])
    for name in ("account.boards", "offers", "uses-main-features", "we-miss-you-offer", "account admin", "Logged In"):
        assert json.dumps(name) in text
    assert "no-such-thing" not in text


def test_an_unknown_template_is_seen_only_where_templates_are_known() -> None:
    """Without a list of templates any name fits."""
    text = "topic: tips\nwhen: {event: Signed Up}\nsend: no-such-thing\n"
    assert faults("rules/a.yaml", text)
    open_schema = schemas(RULES)[f"{FOLDER}/rule.json"]
    assert jsonschema.Draft7Validator(open_schema).is_valid(to_python(read(text, path="a").node))


def test_the_editor_s_files() -> None:
    """VS Code is told which schema is for which file and which extensions help; the schemas are beside."""
    files = editor.files(SCHEMAS, ASSOCIATIONS)
    settings = json.loads(files[".vscode/settings.json"])
    assert set(settings["yaml.schemas"]) == set(SCHEMAS) == {path for path in files if path.startswith(FOLDER)}
    assert "redhat.vscode-yaml" in json.loads(files[".vscode/extensions.json"])["recommendations"]
    assert json.loads(files[f"{FOLDER}/rule.json"]) == SCHEMAS[f"{FOLDER}/rule.json"]


SCHEMA_OF = {
    "rules/we-miss-you.yaml": "rule.json",
    "rules/topics.yaml": "topics.json",
    "rules/traits.yaml": "traits.json",
    "rules/segments.yaml": "segments.json",
}


@pytest.mark.parametrize(("place", "schema"), SCHEMA_OF.items())
def test_each_file_has_one_schema(place: str, schema: str) -> None:
    """A special file is not taken for a rule."""
    assert schema_of(place) == f"{FOLDER}/{schema}"
    assert schema_of("rules/we-miss-you.test.yaml") == f"{FOLDER}/test.json"
