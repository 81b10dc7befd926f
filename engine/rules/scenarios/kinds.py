"""The kinds of values that stand in test files alone: times, facts as an import takes them, several of a kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from engine.facts import Fact
from engine.rules.language.kinds import Json, Kind
from engine.rules.language.names import Declared, EventName, fact_of, known_zone
from engine.rules.language.reading import Reading
from engine.rules.language.values import DAY_PATTERN, INSTANT_PATTERN
from engine.rules.language.vocabulary import Vocabulary, suggestion
from engine.rules.scenarios.model import EVERYTHING, Facts
from engine.yaml_text import MapNode, Node, Scalar, SequenceNode
from engine.yaml_text.nodes import scalar_value

KEPT = frozenset({"id", "last_seen_at"})
"""Facts that a test cannot give: a customer's name is the id, and the engine keeps when they were last seen."""
OF_EVENTS = frozenset({"id", "at", "name", "customer_id"})
TIME_PATTERN = rf"(?P<at>{INSTANT_PATTERN})( (?P<zone>[A-Z][A-Za-z_]+(/[A-Za-z_+-]+)*))?"
TYPO = 0.85
"""How alike two names are of which one is taken for a slip of the pen."""
CUSTOMER = Declared(what="customer", code="E601", names=lambda words: words.customers)
ACCOUNT = Declared(what="account", code="E602", names=lambda words: words.accounts)
RULE_NAME = Declared(what="rule", code="E605", names=lambda words: words.rules)


@dataclass(frozen=True, kw_only=True)
class Instant:
    """A day with a time of day, by the clock of the test or with a zone; without `whole_days`, a day alone is none."""

    whole_days: bool = True

    def read(self, node: Node, reading: Reading) -> datetime | None:
        """Return the instant in UTC; a day alone is its midnight."""
        scalar = reading.scalar(node, "a time such as 2026-03-01 10:00")
        if scalar is None:
            return None
        found = _instant(scalar.text, reading.vocabulary.zone)
        if found is None:
            return reading.refuse("E603", node, value=scalar.text, hint="write it like 2026-03-01 10:00")
        if not self.whole_days and re.fullmatch(DAY_PATTERN, scalar.text):
            return reading.refuse("E603", node, value=scalar.text, hint=f"say at which minute: {scalar.text} 09:00")
        return found

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema of a time."""
        pattern = re.sub(r"\?P<\w+>", "", TIME_PATTERN)
        return {"type": "string", "pattern": f"^{pattern}$", "examples": ["2026-03-01 10:00"]}


def _instant(text: str, zone: str) -> datetime | None:
    match = re.fullmatch(TIME_PATTERN, text)
    zone = match["zone"] or zone if match else zone
    try:
        at = datetime.fromisoformat(match["at"]) if match and known_zone(zone) else None
        return at and (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, kw_only=True)
class Several:
    """One value of a kind, or a list of them."""

    kind: Kind

    def read(self, node: Node, reading: Reading) -> tuple[object, ...] | None:
        """Return the values."""
        if isinstance(node, MapNode) or (isinstance(node, SequenceNode) and not node.items):
            return reading.unexpected(node, "one or a list of them")
        found = tuple(self.kind.read(item, reading) for item in (node if isinstance(node, SequenceNode) else [node]))
        return None if None in found else found

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: one, or a list."""
        one = self.kind.schema(vocabulary)
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


_VALUE: Json = {"type": ["string", "number", "boolean", "null"]}


@dataclass(frozen=True, kw_only=True)
class FactTable:
    """Facts by path with their values as an import takes them; `null` takes a fact away."""

    def read(self, node: Node, reading: Reading) -> Facts | None:
        """Return the values as written, by the path of their fact."""
        table = reading.map(node, "a table such as {account.status: cancelled}")
        found = [_fact_of(entry.key, entry.value, reading) for entry in table] if table else [None]
        return None if None in found else dict(pair for pair in found if pair)

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: the facts there are."""
        return _facts_schema({fact.path: fact for fact in vocabulary.facts.values() if fact.name not in KEPT})


def _fact_of(key: Scalar, node: Node, reading: Reading) -> tuple[str, Scalar] | None:
    fact, value = fact_of(key, reading), fact_value(node, reading)
    if fact is not None and fact.name in KEPT:
        return reading.refuse("E201", key, key=key.text, where="`set`", hint="the engine keeps it itself")
    return (fact.path, value) if fact and value else None


def fact_value(node: Node, reading: Reading) -> Scalar | None:
    """Return a value as it is written, or note that there is none."""
    return node if isinstance(node, Scalar) else reading.unexpected(node, "one value")


def facts_of(subject: str, vocabulary: Vocabulary) -> dict[str, Fact]:
    """Return the facts that a test may give a customer or an account, by their name."""
    return {fact.name: fact for fact in vocabulary.facts.values() if fact.subject == subject and fact.name not in KEPT}


def _facts_schema(facts: Mapping[str, Fact]) -> Json:
    properties = {name: {"description": fact.english} | _VALUE for name, fact in facts.items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def subject_schema(subject: str, vocabulary: Vocabulary, own: Json) -> Json:
    """Return the schema of a customer or an account of a test: its facts, and the keys of its own."""
    schema = _facts_schema(facts_of(subject, vocabulary))
    schema["properties"] |= own
    return {"anyOf": [schema, {"type": "null"}]}


class Properties:
    """The properties of an event: names with texts, numbers or truth values."""

    def read(self, node: Node, reading: Reading) -> dict[str, str | int | float | bool] | None:
        """Return the properties by name."""
        table = reading.map(node, "a table such as {plan: pro}")
        found = [(entry.key.text, self._value(entry.key, entry.value, reading)) for entry in table or ()]
        whole = table is not None and all(value is not None for _, value in found)
        return {name: value for name, value in found if value is not None} if whole else None

    def _value(self, name: Scalar, node: Node, reading: Reading) -> str | int | float | bool | None:
        if name.text.strip().casefold().replace(" ", "_") in OF_EVENTS:
            return reading.refuse("E210", name, name=name.text, why="every event has it")
        scalar = reading.scalar(node, "a text, a number, true or false")
        return scalar_value(scalar) if scalar else None

    def schema(self, _vocabulary: Vocabulary) -> Json:
        """Return the schema: names and plain values."""
        return {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "propertyNames": {"not": {"enum": sorted(OF_EVENTS)}},
        }


class TestEvent:
    """The name of an event: one that is nearly the name of one that rules read is lint, another may be a new one."""

    __test__ = False  # pytest takes every class of such a name for tests

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the name."""
        known = reading.vocabulary.events
        quiet = replace(reading, vocabulary=replace(reading.vocabulary, events=frozenset()))
        name = EventName().read(node, quiet)
        near = get_close_matches(name, known, n=1, cutoff=TYPO) if name and name not in known else []
        for meant in near:
            reading.refuse("L601", node, name=name, hint=f"did you mean `{meant}`?")
        return name

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: any text, with the events that were seen or that rules read for completion."""
        return EventName().schema(vocabulary)


class Refusal:
    """`true` for no mail at all, or the topic of which somebody wants none."""

    def read(self, node: Node, reading: Reading) -> str | None:
        """Return the topic, `*` for all."""
        scalar = reading.scalar(node, "`true` or the name of a topic")
        if scalar is None or scalar.text == "true":
            return EVERYTHING if scalar else None
        names = reading.vocabulary.topics
        if names.unknown(scalar.text):
            hint = suggestion(scalar.text, names.good | names.broken)
            return reading.refuse("E301", node, name=scalar.text, hint=hint)
        return scalar.text

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: true, or a topic."""
        return {"enum": [True, *sorted(vocabulary.topics.good)]}
