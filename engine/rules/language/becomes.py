"""Reads what a subject `becomes`: one condition, a list of them, or the name of a segment."""

from __future__ import annotations

from dataclasses import replace

from engine.rules.language.condition_schema import conditions_schema
from engine.rules.language.conditions import read_condition, read_conditions, read_segment
from engine.rules.language.contradictions import contradictions
from engine.rules.language.kinds import Json
from engine.rules.language.located import MAX_TESTS, Located, count_tests, group
from engine.rules.language.names import SEGMENT
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import Group
from engine.yaml_text import MapNode, Node, SequenceNode


def read_becomes(node: Node, reading: Reading) -> Group | None:
    """Return the conditions; None if any of them is broken, or if they can never hold."""
    apart = replace(reading, untriggered="`becomes` is itself the trigger")
    located = _located(node, apart)
    if located is None or not _sound(located, reading):
        return None
    assert isinstance(located.condition, Group)
    return located.condition


def _located(node: Node, reading: Reading) -> Located | None:
    if isinstance(node, SequenceNode):
        return read_conditions(node, reading)
    if not isinstance(node, MapNode):
        return read_segment(node, reading)
    one = read_condition(node, reading)
    return group(node, (one,), "all") if one else None


def _sound(located: Located, reading: Reading) -> bool:
    if (count := count_tests(located)) > MAX_TESTS:
        return bool(reading.refuse("E209", located.node, count=count, most=MAX_TESTS))
    found = list(contradictions(located))
    reading.problems.extend(found)
    return all(problem.severity == "lint" for problem in found)


def becomes_schema(vocabulary: Vocabulary) -> Json:
    """Return the schema: a segment, a condition or a list of conditions."""
    one: Json = {"$ref": "#/definitions/condition"}
    return {"anyOf": [SEGMENT.schema(vocabulary), one, conditions_schema(vocabulary)]}
