"""Tables with known keys: one description gives their reading, their errors, their schema and their docs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import did_you_mean
from engine.rules.language.kinds import Json, Kind
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import Vocabulary, suggestion
from engine.yaml_text import MapNode, Node, Scalar

Answers = Mapping[str, Any]
"""The values of the keys that are there."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One key: the kind of its value and what it means."""

    key: str
    kind: Kind
    description: str
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class FormOf:
    """A table of fields; `what` names it in messages."""

    what: str
    fields: tuple[Field, ...]

    def read(self, node: Node, reading: Reading) -> Answers | None:
        """Return the values of the keys; None if any of it is broken, after each fault was noted."""
        table = reading.map(node, f"a table of {', '.join(field.key for field in self.fields)}")
        return self.read_entries(table, reading) if table else None

    def read_entries(self, table: MapNode, reading: Reading) -> Answers | None:
        """Return the values of a table's keys; None if any of it is broken."""
        before = len(reading.problems)
        fields = {field.key: field for field in self.fields}
        values = {
            entry.key.text: fields[entry.key.text].kind.read(entry.value, reading)
            for entry in table
            if entry.key.text in fields
        }
        unknown = [entry.key for entry in table if entry.key.text not in fields]
        self._refuse_unknown(unknown, reading)
        missing = self._missing(table, unknown)
        for key in missing:
            reading.refuse("E202", table, key=key, where=self.what)
        errors = any(problem.severity == "error" for problem in reading.problems[before:])
        return None if errors or None in values.values() else values

    def _refuse_unknown(self, unknown: list[Scalar], reading: Reading) -> None:
        for key in unknown:
            hint = suggestion(key.text, [field.key for field in self.fields])
            reading.refuse("E201", key, key=key.text, where=self.what, hint=hint)

    def _missing(self, table: MapNode, unknown: list[Scalar]) -> list[str]:
        """Return the required keys that are not there, nor there with a typo."""
        keys = [field.key for field in self.fields]
        meant = {did_you_mean(key.text, keys) for key in unknown}
        required = [field.key for field in self.fields if field.required and table.get(field.key) is None]
        return [key for key in required if f"did you mean `{key}`?" not in meant]

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: an object of these keys and no others."""
        properties = {
            field.key: {"description": field.description} | field.kind.schema(vocabulary) for field in self.fields
        }
        required = [field.key for field in self.fields if field.required]
        schema: Json = {"type": "object", "additionalProperties": False, "properties": properties}
        return schema | ({"required": required} if required else {})
