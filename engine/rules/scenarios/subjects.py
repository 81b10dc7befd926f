"""Reads the customers and accounts of a test file."""

from __future__ import annotations

from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import suggestion
from engine.rules.model import Place
from engine.rules.scenarios.forms import OF_CUSTOMERS
from engine.rules.scenarios.kinds import fact_value, facts_of
from engine.rules.scenarios.model import Company, Facts, Person
from engine.yaml_text import Entry, MapNode, Node, Scalar


def place_of(node: Node) -> Place:
    """Return where a node stands."""
    return Place(path=node.path, line=node.line, column=node.column)


def read_person(entry: Entry, reading: Reading) -> Person | None:
    """Return the customer of an entry, whose table may be empty: then nothing but an address is known."""
    table = _table(entry, "a table such as {signed_up_at: 2026-01-05}", reading)
    if table is None:
        return None
    keys = {field.key for field in OF_CUSTOMERS.fields}
    own = MapNode(
        entries=tuple(each for each in table if each.key.text in keys),
        path=table.path,
        line=table.line,
        column=table.column,
    )
    answers = OF_CUSTOMERS.read_entries(own, reading)
    facts = _facts("customer", table, frozenset(keys), reading)
    if answers is None or facts is None:
        return None
    return Person(name=entry.key.text, place=place_of(entry.key), facts=facts, **answers)


def read_company(entry: Entry, reading: Reading) -> Company | None:
    """Return the account of an entry."""
    table = _table(entry, "a table such as {status: active}", reading)
    facts = _facts("account", table, frozenset(), reading) if table else None
    return None if facts is None else Company(name=entry.key.text, place=place_of(entry.key), facts=facts)


def _table(entry: Entry, expected: str, reading: Reading) -> MapNode | None:
    """Return the table of an entry; nothing written there is an empty one."""
    node = entry.value
    if isinstance(node, Scalar) and node.empty:
        return MapNode(entries=(), path=node.path, line=node.line, column=node.column)
    return node if isinstance(node, MapNode) else reading.unexpected(node, expected)


def _facts(subject: str, table: MapNode, others: frozenset[str], reading: Reading) -> Facts | None:
    known, facts = facts_of(subject, reading.vocabulary), {}
    for entry in table:
        if entry.key.text in others:
            continue
        value = fact_value(entry.value, reading)
        if entry.key.text in known or f"{subject}.{entry.key.text}" in reading.vocabulary.traits.broken:
            facts[entry.key.text] = value
        else:
            hint = suggestion(entry.key.text, [*known, *others]) or "declare it in rules/traits.yaml"
            reading.refuse("E302", entry.key, name=f"{subject}.{entry.key.text}", hint=hint)
            facts[entry.key.text] = None
    sound = {name: value for name, value in facts.items() if value is not None}
    return sound if len(sound) == len(facts) else None
