"""What a test proves: the paths that are there, and those that are true, on each side of it.

A path stands for "it is there", a path with `!` behind it for "it is there and not 0, false or empty".
"""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import nodes

from engine.rendering.reading import path_of

Proof = frozenset[str]
NOTHING: Proof = frozenset()
_MORE_THAN_NOTHING = {("gt", 0), ("gteq", 1), ("ne", 0)}


def proof(node: nodes.Node, *, holds: bool) -> Proof:
    """Return what is proven where a test holds, or where it does not."""
    if path := path_of(node):
        return frozenset({path, f"{path}!"}) if holds else NOTHING
    rule = _RULES.get(type(node))
    return rule(node, holds) if rule is not None else NOTHING


def _not(node: nodes.Node, holds: bool) -> Proof:  # noqa: FBT001 (a rule of the table below)
    assert isinstance(node, nodes.Not)
    return proof(node.node, holds=not holds)


def _and(node: nodes.Node, holds: bool) -> Proof:  # noqa: FBT001 (as above)
    assert isinstance(node, nodes.And)
    if holds:
        return proof(node.left, holds=True) | proof(node.right, holds=True)
    return proof(node.left, holds=False) & (proof(node.left, holds=True) | proof(node.right, holds=False))


def _or(node: nodes.Node, holds: bool) -> Proof:  # noqa: FBT001 (as above)
    assert isinstance(node, nodes.Or)
    if not holds:
        return proof(node.left, holds=False) | proof(node.right, holds=False)
    return proof(node.left, holds=True) & (proof(node.left, holds=False) | proof(node.right, holds=True))


def _test(node: nodes.Node, holds: bool) -> Proof:  # noqa: FBT001 (as above)
    assert isinstance(node, nodes.Test)
    if node.name in {"defined", "undefined"}:
        path = path_of(node.node)
        return frozenset({path}) if path and holds == (node.name == "defined") else NOTHING
    return NOTHING


def _compare(node: nodes.Node, holds: bool) -> Proof:  # noqa: FBT001 (as above)
    """Tell that a number is more than nothing, as in `x > 0`; that it is there was needed to compare it."""
    assert isinstance(node, nodes.Compare)
    path = path_of(node.expr)
    if not (path and holds and len(node.ops) == 1):
        return NOTHING
    operand = node.ops[0]
    value = operand.expr.value if isinstance(operand.expr, nodes.Const) else None
    return frozenset({path, f"{path}!"}) if (operand.op, value) in _MORE_THAN_NOTHING else NOTHING


_RULES: dict[type[nodes.Node], Callable[[nodes.Node, bool], Proof]] = {
    nodes.Not: _not,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Test: _test,
    nodes.Compare: _compare,
}


def without(proven: Proof, name: str) -> Proof:
    """Return a proof without what it says of a name, which means something else from here on."""
    return frozenset(path for path in proven if path.rstrip("!").partition(".")[0] != name)
