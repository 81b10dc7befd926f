"""What a mail needs and its sample lacks, invented by how the mail uses it: so that every email can be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from jinja2 import nodes

from engine.rendering.compiled import Variant
from engine.rendering.filters import FILTERS
from engine.rendering.grammar import ENVIRONMENT
from engine.rendering.kinds import Kind
from engine.rendering.reading import path_of, paths_read

_ALWAYS = {
    "customer.id": "sample",
    "customer.email": "reader@example.com",
    "event.name": "Sample Event",
    "event.at": datetime(2026, 5, 1, 9, tzinfo=UTC),
}
_VALUES: dict[Kind, Any] = {Kind.NUMBER: 7, Kind.MONEY: 4900, Kind.DATE: datetime(2026, 5, 1, 9, tzinfo=UTC)}
_TABLES = frozenset({"customer", "account", "event", "links"})


def with_invented(variant: Variant, sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample in which every variable of the trigger that a mail reads has a value."""
    context = {name: dict(value) if isinstance(value, Mapping) else value for name, value in sample.items()}
    counted = dict(_used_as(variant))
    for path in sorted(paths_read(variant)):
        table, _, name = path.rpartition(".")
        if path in _ALWAYS:
            context.setdefault(table, {}).setdefault(name, _ALWAYS[path])
        elif not table and path not in _TABLES:
            context.setdefault(path, _VALUES.get(counted.get(path, Kind.TEXT), path.replace("_", " ")))
    return context


def _used_as(variant: Variant) -> Iterator[tuple[str, Kind]]:
    """Yield paths with the kind that their filters and comparisons take them for."""
    for one in variant.compiled.values():
        tree = ENVIRONMENT.parse(one.flat.source)
        for call in tree.find_all(nodes.Filter):
            takes = FILTERS[call.name].takes if call.name in FILTERS else frozenset()
            kind = next((kind for kind in (Kind.NUMBER, Kind.DATE) if kind in takes and Kind.TEXT not in takes), None)
            if kind is not None and call.node is not None:
                yield path_of(call.node), kind
        for comparison in tree.find_all(nodes.Compare):
            if any(isinstance(each.expr, nodes.Const) and isinstance(each.expr.value, int) for each in comparison.ops):
                yield path_of(comparison.expr), Kind.NUMBER
        for counting in tree.find_all((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div)):
            yield from ((path_of(side), Kind.NUMBER) for side in (counting.left, counting.right))
