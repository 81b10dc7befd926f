"""The reading of a set of files: where problems are gathered, and the first questions asked of any node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from engine.codes import Code
from engine.errors import Problem
from engine.rules.codes import RULE_CODES
from engine.rules.language.vocabulary import Vocabulary
from engine.yaml_text import MapNode, Node, Scalar, SequenceNode, missing_space

if TYPE_CHECKING:
    from engine.rules.language.located import Located

T = TypeVar("T")
MAX_TEXT = 1000


def _no_segment(_name: str) -> Located | None:
    return None


@dataclass(kw_only=True)
class Reading:
    """What is known and what was found wrong while files are read.

    `untriggered` says why `since: trigger` means nothing where conditions are read now, if it does not. `codes` are
    those of the problems that may be noted.
    """

    vocabulary: Vocabulary
    segment: Callable[[str], Located | None] = _no_segment
    untriggered: str = ""
    codes: Mapping[str, Code] = field(default_factory=lambda: RULE_CODES)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, place: Node | Problem, *, hint: str = "", **words: object) -> T | None:
        """Note a problem; returns None, of whatever type the caller wants, as readers do for what is broken."""
        self.problems.append(self.codes[code].at(place, hint=hint, **words))
        return None

    def scalar(self, node: Node, expected: str) -> Scalar | None:
        """Return the node if one word or text stands there, else note that `expected` belongs there."""
        if isinstance(node, Scalar) and not node.empty and len(node.text) <= MAX_TEXT:
            return node
        return self.unexpected(node, expected)

    def unexpected(self, node: Node, expected: str, *, hint: str = "") -> T | None:
        """Note that something else belongs at a place, or that nothing stands there."""
        if isinstance(node, Scalar) and node.empty:
            return self.refuse("E207", node, expected=expected, hint=hint)
        if self.misses_space(node):
            return None
        return self.refuse("E203", node, expected=expected, found=found(node), hint=hint)

    def misses_space(self, node: Node) -> bool:
        """Note a space that is missing after a `:`, where no word with a `:` belongs; returns whether it is."""
        problem = missing_space(node) if isinstance(node, Scalar) else None
        self.problems += [problem] if problem else []
        return problem is not None

    def map(self, node: Node, expected: str) -> MapNode | None:
        """Return the node if it is a table, else note that `expected` belongs there."""
        if isinstance(node, MapNode) and node.entries:
            return node
        return self.unexpected(node, expected)

    def sequence(self, node: Node, expected: str) -> SequenceNode | None:
        """Return the node if it is a list with something in it, else note that `expected` belongs there."""
        if isinstance(node, SequenceNode) and node.items:
            return node
        return self.unexpected(node, expected)


def found(node: Node) -> str:
    """Return what stands at a place, in words."""
    if isinstance(node, SequenceNode):
        return "a list" if node.items else "an empty list"
    if isinstance(node, MapNode):
        return "a table" if node.entries else "an empty table"
    if len(node.text) > MAX_TEXT:
        return f"a text of {len(node.text)} characters"
    return "nothing" if node.empty else f"`{node.text}`"
