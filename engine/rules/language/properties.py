"""Tests of an event's properties: `where: {plan: pro, amount: {at least: 100}}`."""

from __future__ import annotations

from engine.facts import FactType
from engine.rules.language.fact_tests import SPELLING, WRITTEN
from engine.rules.language.kinds import Json
from engine.rules.language.names import a_type
from engine.rules.language.reading import Reading
from engine.rules.language.values import EXPECTED, number_of
from engine.rules.language.vocabulary import Vocabulary, suggestion
from engine.rules.model import PropertyTest
from engine.rules.operators import OPERATORS, Takes
from engine.yaml_text import Entry, MapNode, Node, Scalar, SequenceNode

Value = str | int | float | bool
TYPES = frozenset({FactType.TEXT, FactType.NUMBER, FactType.BOOLEAN})
PROPERTY_OPERATORS = {
    spelt: OPERATORS[words]
    for spelt, words in WRITTEN.items()
    if OPERATORS[words].types & TYPES and OPERATORS[words].takes is not Takes.SPAN
}
"""The operators that an event's property can be asked, by their words in YAML."""


class Where:
    """A table of properties and what each must be; all must hold."""

    def read(self, node: Node, reading: Reading) -> tuple[PropertyTest, ...] | None:
        """Return the tests."""
        table = reading.map(node, "a table such as {plan: pro}")
        if table is None:
            return None
        read = [_property(entry, reading) for entry in table]
        return None if None in read else tuple(test for tests in read if tests for test in tests)

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema: any property, with a value, a list or operators."""
        return {"type": "object", "minProperties": 1, "additionalProperties": _schema()}


def _property(entry: Entry, reading: Reading) -> tuple[PropertyTest, ...] | None:
    name = entry.key.text
    if isinstance(entry.value, MapNode) and entry.value.entries:
        tests = [_operator(name, part, reading) for part in entry.value]
        return None if None in tests else tuple(test for test in tests if test)
    words = "one of" if isinstance(entry.value, SequenceNode) else "is"
    test = _test(name, words, entry.value, entry.key, reading)
    return (test,) if test else None


def _operator(name: str, entry: Entry, reading: Reading) -> PropertyTest | None:
    if entry.key.text not in PROPERTY_OPERATORS:
        hint = suggestion(entry.key.text, PROPERTY_OPERATORS)
        return reading.refuse("E401", entry.key, name=entry.key.text, hint=hint)
    return _test(name, PROPERTY_OPERATORS[entry.key.text].words, entry.value, entry.key, reading)


def _test(name: str, words: str, node: Node, place: Scalar, reading: Reading) -> PropertyTest | None:
    row = OPERATORS[words]
    values = _values(row.takes, node, reading)
    if values is None:
        return None
    types = {_type(value) for value in values}
    if len(types) > 1:
        return reading.refuse("E203", node, expected="a list of texts or of numbers", found="a mixture of both")
    type_ = types.pop()
    if type_ not in row.types:
        words = SPELLING.get(words, words)
        return reading.refuse("E402", place, operator=words, fact=name, type=a_type(type_))
    if row.takes is Takes.TWO and values[0] > values[1]:  # type: ignore[operator]
        return reading.refuse("E410", node, low=values[0], high=values[1])
    return PropertyTest(name=name, operator=words, operands=values)


_PAIR = 2


def _values(takes: Takes, node: Node, reading: Reading) -> tuple[Value, ...] | None:
    if takes in (Takes.ONE, Takes.GLOB):
        value = _value(node, reading)
        return None if value is None else (value,)
    items = reading.sequence(node, "a list of two values" if takes is Takes.TWO else "a list of values")
    if items is None:
        return None
    if takes is Takes.TWO and len(items.items) != _PAIR:
        return reading.refuse("E203", node, expected="a list of two values", found=f"one of {len(items.items)}")
    values = [_value(item, reading) for item in items]
    return None if None in values else tuple(value for value in values if value is not None)


def _value(node: Node, reading: Reading) -> Value | None:
    scalar = reading.scalar(node, "a text, a number, true or false")
    if scalar is None:
        return None
    if scalar.plain and scalar.text in ("true", "false"):
        return scalar.text == "true"
    number = number_of(scalar.text) if scalar.plain else None
    if number is None and not scalar.text.strip():
        return reading.refuse("E203", node, expected=EXPECTED[FactType.TEXT], found="an empty text")
    return scalar.text if number is None else number


def _type(value: Value) -> FactType:
    if isinstance(value, bool):
        return FactType.BOOLEAN
    return FactType.TEXT if isinstance(value, str) else FactType.NUMBER


def _schema() -> Json:
    one: Json = {"type": ["string", "number", "boolean"], "pattern": "\\S"}
    alike = [{"items": {"type": type_}} for type_ in ("string", "number", "boolean")]
    many: Json = {"type": "array", "minItems": 1, "anyOf": alike}
    pair: Json = many | {"minItems": 2, "maxItems": 2}
    takes = {Takes.ONE: one, Takes.GLOB: one, Takes.MANY: many, Takes.TWO: pair}
    operators = {spelt: takes[row.takes] for spelt, row in PROPERTY_OPERATORS.items()}
    table: Json = {"type": "object", "properties": operators, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [one, many, table]}
