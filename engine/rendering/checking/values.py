"""What expressions give, and which of it can be compared, counted and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from engine.rendering.checking.proven import Proof
from engine.rendering.checking.uses import value_kind
from engine.rendering.kinds import Kind
from engine.rendering.reading import path_of

COUNTED = frozenset({Kind.NUMBER, Kind.MONEY})
_ORDERED = (COUNTED, frozenset({Kind.DATE}), frozenset({Kind.TIME}))
_LIKE = (COUNTED, frozenset({Kind.TEXT, Kind.URL}))
THROUGH = {
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.TIME: "date",
    Kind.LIST: "join",
    Kind.TABLE: "",
    Kind.BOOLEAN: "",
    Kind.MIXED: "",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What holds at a place of a template: what is proven, and the loop variables around it."""

    proven: Proof = frozenset()
    loops: Mapping[str, Kind] = field(default_factory=dict)

    def given(self, more: Proof) -> Scene:
        """Return the scene where more is proven."""
        return replace(self, proven=self.proven | more)


@dataclass(frozen=True, kw_only=True)
class Value:
    """What an expression gives: its kind, whether it is sure to be there, and what it reads if it is a mere name."""

    kind: Kind
    present: bool = True
    path: str = ""


def either_of(one: Value, other: Value) -> Value:
    """Return what one of two values is: there if both are, of their kind if they share it."""
    kind = (
        one.kind if one.kind is other.kind else Kind.TEXT if {one.kind, other.kind} <= _LIKE[1] else _mixed(one, other)
    )
    missing = next((value.path for value in (one, other) if not value.present), "")
    return Value(kind=kind, present=one.present and other.present, path=missing)


def _mixed(one: Value, other: Value) -> Kind:
    """Return the kind of one or the other: what must not be printed as stored cannot be made good afterwards."""
    kinds = {one.kind, other.kind}
    return Kind.MIXED if kinds & THROUGH.keys() and kinds != {Kind.ANY, Kind.LIST} else Kind.ANY


def item_kind(items: nodes.Node) -> Kind:
    """Return the kind of a list's items."""
    if isinstance(items, nodes.List | nodes.Tuple):
        kinds = {value_kind(item.value) if isinstance(item, nodes.Const) else Kind.ANY for item in items.items}
        return kinds.pop() if len(kinds) == 1 else Kind.ANY
    return Kind.ANY


def inner_path(node: nodes.Node) -> str:
    """Return the first name that an expression reads."""
    for child in node.iter_child_nodes():
        if path := path_of(child) or inner_path(child):
            return path
    return ""


def comparable(operator: str, left: Kind, right: Kind) -> bool:
    """Tell whether two kinds can be compared: for equality if they are alike, for order if they have one."""
    if operator in {"in", "notin"}:
        return right is Kind.LIST or {left, right} <= _LIKE[1]
    if operator in {"eq", "ne"}:
        return left is right or Kind.ANY in {left, right} or any({left, right} <= like for like in _LIKE)
    return any({left, right} <= ordered for ordered in _ORDERED)
