"""Which facts a compiled email reads, found in its flat templates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import nodes

from engine.rendering.compiled import Variant
from engine.rendering.grammar import ENVIRONMENT

NOT_FACTS = frozenset({"brand", "links", "loop", "language"})


def path_of(node: nodes.Node) -> str:
    """Return the dotted path an expression names, such as `customer.first_name`; nothing where it is no path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        inner = path_of(node.node)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        inner = path_of(node.node)
        return f"{inner}.{node.arg.value}" if inner else ""
    return ""


def paths_read(variant: Variant) -> frozenset[str]:
    """Return every fact and variable that an email reads, loop variables left out."""
    return frozenset(path for one in variant.compiled.values() for path in _paths(one.flat.source))


@lru_cache(maxsize=2048)
def _paths(source: str) -> frozenset[str]:
    tree = ENVIRONMENT.parse(source)
    loops = {target.name for loop in tree.find_all(nodes.For) for target in _names(loop.target)}
    paths = set(_outermost(tree))
    return frozenset(path for path in paths if path.partition(".")[0] not in loops | NOT_FACTS)


def _names(node: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(node, nodes.Name):
        yield node


def _outermost(node: nodes.Node) -> Iterator[str]:
    for child in node.iter_child_nodes():
        path = path_of(child)
        if path:
            yield path
        else:
            yield from _outermost(child)
