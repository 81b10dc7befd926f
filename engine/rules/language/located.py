"""A condition together with where it was written, for the checks that speak of several at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.rules.model import Condition, Group
from engine.yaml_text import Node

MAX_TESTS = 200
"""The most tests a rule or a segment may have, those of its segments counted."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """A condition, the node it was read from, and its parts where it is a group."""

    condition: Condition
    node: Node
    parts: tuple[Located, ...] = ()

    @property
    def segment(self) -> str | None:
        """The name of the segment this was written as."""
        return self.condition.segment if isinstance(self.condition, Group) else None

    def leaves(self) -> Iterator[Located]:
        """Yield every fact test and event test in it; those of a segment at the place that names the segment."""
        if not isinstance(self.condition, Group):
            yield self
        for part in self.parts:
            for leaf in part.leaves():
                yield Located(condition=leaf.condition, node=self.node) if self.segment else leaf


def group(
    node: Node, parts: tuple[Located, ...], kind: Literal["all", "any", "none"], segment: str | None = None
) -> Located:
    """Return the group of some conditions."""
    conditions = tuple(part.condition for part in parts)
    return Located(condition=Group(kind=kind, parts=conditions, segment=segment), node=node, parts=parts)


def count_tests(located: Located) -> int:
    """Return how many tests a condition has, quickly also where segments of segments share their parts."""
    known: dict[int, int] = {}

    def count(part: Located) -> int:
        if id(part) not in known:
            known[id(part)] = sum(map(count, part.parts)) or 1
        return known[id(part)]

    return count(located)
