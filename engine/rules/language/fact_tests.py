"""Tests of facts: `account.status: active`, `account.seats: {at least: 3}`, `has: customer.first_name`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from engine.facts import BUILT_IN, Fact, FactType
from engine.rules.language.durations import DAY, Mistake, parse_duration
from engine.rules.language.located import Located, group
from engine.rules.language.names import FactName, a_type, fact_of
from engine.rules.language.reading import Reading
from engine.rules.language.values import currency_of, instant_of, operand
from engine.rules.language.vocabulary import suggestion
from engine.rules.model import FactTest, Operand
from engine.rules.operators import OPERATORS, Takes
from engine.yaml_text import Entry, MapNode, Node, Scalar, SequenceNode

SPELLING = {"more than ago": "more than"}
"""Operators whose word in YAML is not their name: `{more than: 7 days ago}`."""
WRITTEN = {SPELLING.get(words, words): words for words, row in OPERATORS.items() if row.takes is not Takes.NOTHING}
"""Every operator by its word in YAML; `has` and `missing` are keys of their own."""
_MEANT = {
    "greater than": "above", "larger than": "above", "over": "above", ">": "above", ">=": "at least", "min": "at least",
    "less than": "below", "smaller than": "below", "under": "below", "<": "below", "<=": "at most", "max": "at most",
    "=": "is", "==": "is", "equals": "is", "!=": "not", "is not": "not", "in": "one of", "any of": "one of",
    "not in": "none of", "begins with": "starts with", "like": "matches", "older than": "more than",
    "since": "after", "until": "before", "within": "within last",
}  # fmt: skip


def read_fact_test(entry: Entry, reading: Reading) -> Located | None:
    """Return the test that `fact: value` says: a value is `is`, a list `one of`, a table its operators."""
    fact = fact_of(entry.key, reading)
    if fact is None:
        return None
    if isinstance(entry.value, MapNode):
        return _operators(fact, entry, entry.value, reading)
    words = "one of" if isinstance(entry.value, SequenceNode) else "is"
    return _test(fact, words, entry.value, entry.key, reading)


def read_presence(words: str, entry: Entry, reading: Reading) -> Located | None:
    """Return the test `has:` or `missing:` of one fact."""
    fact = FactName().read(entry.value, reading)
    return Located(condition=FactTest(fact=fact, operator=words), node=entry.key) if fact else None


def _operators(fact: Fact, entry: Entry, table: MapNode, reading: Reading) -> Located | None:
    if not table.entries:
        return reading.unexpected(table, "an operator and its value, such as {at least: 1}")
    parts = [_operator(fact, part, reading) for part in table]
    tests = tuple(part for part in parts if part)
    if len(tests) < len(parts):
        return None
    return tests[0] if len(tests) == 1 else group(entry.key, tests, "all")


def _operator(fact: Fact, entry: Entry, reading: Reading) -> Located | None:
    word = entry.key.text
    if word in ("has", "missing"):
        return reading.refuse("E401", entry.key, name=word, hint=f"write `{word}: {fact.path}` as the condition")
    if word not in WRITTEN:
        meant = _MEANT.get(word.casefold(), "")
        fitting = [spelt for spelt, words in WRITTEN.items() if fact.type in OPERATORS[words].types]
        hint = f"did you mean `{meant}`?" if meant else suggestion(word.replace("_", " "), fitting)
        return reading.refuse("E401", entry.key, name=word, hint=hint or f"there is {', '.join(fitting)}")
    return _test(fact, WRITTEN[word], entry.value, entry.key, reading)


def _test(fact: Fact, words: str, node: Node, place: Scalar, reading: Reading) -> Located | None:
    row = OPERATORS[words]
    if fact.type not in row.types:
        fitting = [spelt for spelt, known in WRITTEN.items() if fact.type in OPERATORS[known].types]
        hint = f"there is {', '.join(fitting)}"
        return reading.refuse("E402", place, operator=place.text, fact=fact.path, type=a_type(fact.type), hint=hint)
    operands = _ago(fact, node, reading) if words in SPELLING else OPERANDS[row.takes](fact, node, reading)
    if operands is None:
        return None
    if fact.type is FactType.TIME and row.takes is not Takes.SPAN:
        operands = _instants(words, operands, place, reading)
    if operands is None:
        return None
    test = Located(condition=FactTest(fact=fact, operator=words, operands=operands), node=place)
    return _with_currency(test, fact, node, reading)


def _with_currency(test: Located, fact: Fact, node: Node, reading: Reading) -> Located | None:
    """Add the test of the account's currency where an amount was written with one."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    named = {currency_of(item) for item in items} if fact.type is FactType.MONEY else {None}
    currency = next(iter(named))
    if named == {None}:
        return test
    if len(named) > 1 or fact.subject != "account" or currency is None:
        return reading.refuse("E412", node)
    other = FactTest(fact=BUILT_IN["account.currency"], operator="is", operands=(currency,))
    return group(test.node, (test, Located(condition=other, node=test.node)), "all")


def _one(fact: Fact, node: Node, reading: Reading) -> tuple[Operand, ...] | None:
    if isinstance(node, SequenceNode):
        hint = "for several values write `one of` or `none of`, or a bare list"
        return reading.unexpected(node, "one value", hint=hint)
    value = operand(fact, node, reading)
    return None if value is None else (value,)


def _many(fact: Fact, node: Node, reading: Reading) -> tuple[Operand, ...] | None:
    items = reading.sequence(node, "a list such as [a, b]")
    values = [operand(fact, item, reading) for item in items] if items else []
    return None if not values or None in values else tuple(value for value in values if value is not None)


_PAIR = 2


def _two(fact: Fact, node: Node, reading: Reading) -> tuple[Operand, ...] | None:
    items = reading.sequence(node, "a list of two values such as [10, 20]")
    if items is None:
        return None
    if len(items.items) != _PAIR:
        return reading.refuse("E203", node, expected="a list of two values", found=f"one of {len(items.items)}")
    values = _many(fact, node, reading)
    if values and str(type(values[0])) == str(type(values[1])) and values[0] > values[1]:  # type: ignore[operator]
        low, high = (item.text for item in items if isinstance(item, Scalar))
        return reading.refuse("E410", node, low=low, high=high, hint=f"write [{high}, {low}]")
    return values


def _ago(fact: Fact, node: Node, reading: Reading) -> tuple[Operand, ...] | None:
    """Return the duration of `7 days ago`."""
    scalar = reading.scalar(node, "a duration such as `7 days ago`")
    if scalar is None:
        return None
    text = scalar.text.removesuffix(" ago")
    if text == scalar.text:
        return reading.refuse("E404", node, value=text, hint="write it like `7 days ago`")
    return _span(fact, replace(scalar, text=text), reading)


def _span(fact: Fact, node: Node, reading: Reading) -> tuple[Operand, ...] | None:
    scalar = reading.scalar(node, "a duration such as `7 days`")
    if scalar is None:
        return None
    length = parse_duration(scalar.text)
    if isinstance(length, Mistake):
        return reading.refuse("E404", node, value=scalar.text, hint=length.hint)
    if fact.type is FactType.DATE and length % DAY:
        return reading.refuse("E405", node, value=scalar.text, what=f"`{fact.path}`")
    return (length,)


OPERANDS: dict[Takes, Callable[[Fact, Node, Reading], tuple[Operand, ...] | None]] = {
    Takes.ONE: _one,
    Takes.TWO: _two,
    Takes.MANY: _many,
    Takes.GLOB: _one,
    Takes.SPAN: _span,
}
_INSTANT = timedelta(microseconds=1)


def _instants(words: str, operands: tuple[Operand, ...], place: Scalar, reading: Reading) -> tuple[Operand, ...] | None:
    """Make days into instants of the workspace's zone, so that a whole day is meant at either end."""
    if not any(type(value) is date for value in operands):
        return operands
    if words not in ("before", "after", "between"):
        hint = "write {between: [2026-03-01, 2026-03-01]} for one day"
        return reading.refuse("E411", place, operator=f"`{words}`", hint=hint)
    last = words == "after"
    try:
        ends = [_edge(value, reading, last=last or bool(i)) for i, value in enumerate(operands)]
    except OverflowError:
        return reading.refuse("E403", place, value=operands[0], expected="a day of our time", fact=place.text)
    return tuple(ends)


def _edge(value: Operand, reading: Reading, *, last: bool) -> Operand:
    if type(value) is not date:
        return value
    day = value + DAY if last else value
    start = instant_of(datetime.combine(day, time()), reading.vocabulary.zone)
    return start - _INSTANT if last else start
