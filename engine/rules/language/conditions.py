"""Conditions: the list under `if`, with `all`, `any`, `none`, segments, facts and what a customer did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine.rules.language.did import read_did
from engine.rules.language.fact_tests import read_fact_test, read_presence
from engine.rules.language.located import Located, group
from engine.rules.language.names import SEGMENT
from engine.rules.language.reading import Reading
from engine.rules.language.vocabulary import suggestion
from engine.yaml_text import Entry, MapNode, Node, SequenceNode

Kind = Literal["all", "any", "none"]


@dataclass(frozen=True, kw_only=True)
class Keyword:
    """A word that starts a condition, its reader, and what it means."""

    read: Callable[[str, Entry, Reading], Located | None]
    description: str


def read_conditions(node: Node, reading: Reading, *, kind: Kind = "all") -> Located | None:
    """Return the group that a list of conditions makes; None if any of it is broken."""
    if isinstance(node, MapNode) and node.entries:
        first = node.entries[0].key
        hint = "start the condition with `- `"
        return reading.refuse("E203", first, expected="a list of conditions", found="a table", hint=hint)
    items = reading.sequence(node, "a list of conditions")
    parts = [read_condition(item, reading) for item in items] if items else [None]
    return None if None in parts else group(node, tuple(part for part in parts if part), kind)


def read_condition(node: Node, reading: Reading) -> Located | None:
    """Return one condition; None if it is broken."""
    if not isinstance(node, MapNode) or not node.entries:
        what = "a condition such as `account.status: active`"
        return reading.unexpected(node, what)
    if len(node.entries) > 1:
        return reading.refuse("E206", node.entries[1].key, count=len(node.entries), hint="start it with `- `")
    entry = node.entries[0]
    word = entry.key.text
    if word in KEYWORDS:
        return KEYWORDS[word].read(word, entry, reading)
    if "." in word:
        return read_fact_test(entry, reading)
    hint = suggestion(word, [*KEYWORDS, *reading.vocabulary.facts])
    return reading.refuse("E201", entry.key, key=word, where="a condition", hint=hint)


def _group(word: str, entry: Entry, reading: Reading) -> Located | None:
    kind: dict[str, Kind] = {"all": "all", "any": "any", "none": "none"}
    located = read_conditions(entry.value, reading, kind=kind[word])
    return located and replace(located, node=entry.key)


def _segment(_word: str, entry: Entry, reading: Reading) -> Located | None:
    if isinstance(entry.value, SequenceNode):
        return reading.unexpected(entry.value, "the name of a segment")
    return read_segment(entry.value, reading)


def read_segment(node: Node, reading: Reading) -> Located | None:
    """Return the conditions of the segment that a node names; None if it is broken."""
    name = SEGMENT.read(node, reading)
    inner = reading.segment(name) if name else None
    return group(node, inner.parts, "all", segment=name) if inner else None


KEYWORDS: dict[str, Keyword] = {
    "all": Keyword(read=_group, description="All conditions of the list hold."),
    "any": Keyword(read=_group, description="At least one condition of the list holds."),
    "none": Keyword(read=_group, description="No condition of the list holds."),
    "segment": Keyword(read=_segment, description="The customer or account is in this segment of segments.yaml."),
    "has": Keyword(read=read_presence, description="This fact is known."),
    "missing": Keyword(read=read_presence, description="This fact is not known."),
    "did": Keyword(read=read_did, description="The customer did this: an event's name, or a table with options."),
    "did not": Keyword(read=read_did, description="The customer did not do this."),
}
"""Every word that starts a condition; any other key is the path of a fact."""
