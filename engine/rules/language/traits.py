"""Reads `rules/traits.yaml`: the facts that this company declares itself."""

from __future__ import annotations

import re

from engine.facts import BUILT_IN, FactType, Trait
from engine.rules.language.forms import Field, FormOf
from engine.rules.language.kinds import Choice, Text
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import suggestion
from engine.yaml_text import Entry, MapNode, Node, Scalar

PATH = "rules/traits.yaml"
SUBJECTS = ("customer", "account")
TRAIT_NAME = r"[a-z][a-z0-9_]{0,62}"
TYPE = Choice(words=tuple(FactType))
TRAIT = FormOf(
    what="a trait",
    fields=(
        Field(key="type", kind=TYPE, description="What kind of value it holds.", required=True),
        Field(key="description", kind=Text(), description="What it is, in a few words; editors and explain show it."),
    ),
)


def read_traits(node: Node | None, reading: Reading) -> dict[str, Trait | None]:
    """Return every trait by its path, None where it is broken."""
    if node is None:
        return {}
    table = node if isinstance(node, MapNode) else reading.map(node, "a table with `customer` or `account`")
    traits: dict[str, Trait | None] = {}
    for entry in table or ():
        if entry.key.text in SUBJECTS:
            traits |= _of_subject(entry, reading)
        else:
            hint = suggestion(entry.key.text, SUBJECTS)
            reading.refuse("E201", entry.key, key=entry.key.text, where="traits.yaml", hint=hint)
    return traits


def _of_subject(subject: Entry, reading: Reading) -> dict[str, Trait | None]:
    table = reading.map(subject.value, "a table such as {boards: number}")
    return {f"{subject.key.text}.{entry.key.text}": _trait(subject.key.text, entry, reading) for entry in table or ()}


def _trait(subject: str, entry: Entry, reading: Reading) -> Trait | None:
    name = entry.key.text
    if not re.fullmatch(TRAIT_NAME, name):
        return reading.refuse("E210", entry.key, name=name, why="use small letters, digits and `_`, a letter first")
    if f"{subject}.{name}" in BUILT_IN:
        return reading.refuse("E210", entry.key, name=f"{subject}.{name}", why="it is built in")
    if isinstance(entry.value, Scalar) and not entry.value.empty:
        type_ = TYPE.read(entry.value, reading)
        return Trait(subject=subject, name=name, type=FactType(type_)) if type_ else None
    answers = TRAIT.read(entry.value, reading)
    if answers is None:
        return None
    description = answers.get("description", "")
    return Trait(subject=subject, name=name, type=FactType(answers["type"]), description=description)
