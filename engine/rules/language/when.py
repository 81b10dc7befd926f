"""Reads `when`: one trigger with its options."""

from __future__ import annotations

from engine.errors import did_you_mean
from engine.rules.language.kinds import Json
from engine.rules.language.reading import Reading
from engine.rules.language.triggers import TRIGGERS
from engine.rules.language.vocabulary import Vocabulary
from engine.rules.model import Trigger
from engine.yaml_text import MapNode, Node, Scalar

_OPTIONS = {field.key for row in TRIGGERS.values() for field in row.form.fields}


class When:
    """A table with exactly one trigger."""

    def read(self, node: Node, reading: Reading) -> Trigger | None:
        """Return the trigger."""
        table = reading.map(node, "a trigger such as {event: Signed Up}")
        keyword = _keyword(table, reading) if table else None
        if table is None or keyword is None:
            return None
        answers = TRIGGERS[keyword].form.read_entries(table, reading)
        return TRIGGERS[keyword].build(answers) if answers else None

    def schema(self, vocabulary: Vocabulary) -> Json:
        """Return the schema: one of the triggers."""
        rows = TRIGGERS.values()
        return {"anyOf": [{"description": row.english} | row.form.schema(vocabulary) for row in rows]}


def _keyword(table: MapNode, reading: Reading) -> str | None:
    present = [entry.key for entry in table if entry.key.text in TRIGGERS]
    if len(present) == 1:
        return present[0].text
    if present:
        both = " and ".join(f"`{key.text}`" for key in present)
        return reading.refuse("E205", present[1], found=both)
    key = _nearest(table)
    hint = did_you_mean(key.text, TRIGGERS) or f"there is {', '.join(TRIGGERS)}"
    return reading.refuse("E201", key, key=key.text, where="`when`", hint=hint)


def _nearest(table: MapNode) -> Scalar:
    """Return the key that was most likely meant as the trigger."""
    keys = [entry.key for entry in table]
    unknown = [key for key in keys if key.text not in _OPTIONS] or keys
    return next((key for key in unknown if did_you_mean(key.text, TRIGGERS)), unknown[0])
