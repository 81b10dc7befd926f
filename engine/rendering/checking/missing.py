"""Facts left out of a sample, in every way that matters: all subsets of a few, singles and pairs of many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import chain, combinations
from typing import Any

from engine.rendering.checking.uses import Vocabulary
from engine.rendering.kinds import Kind

MOST_FOR_ALL = 8
Context = dict[str, Any]

INVENTED: dict[Kind, Any] = {
    Kind.TEXT: "sample",
    Kind.NUMBER: 3,
    Kind.MONEY: 4900,
    Kind.BOOLEAN: True,
    Kind.DATE: date(2026, 5, 1),
    Kind.TIME: datetime(2026, 5, 1, 9, tzinfo=UTC),
    Kind.URL: "https://example.com/sample",
    Kind.LIST: ["sample"],
    Kind.ANY: "sample",
}


def subsets(optional: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield sets of facts to leave out: nothing first, all of them last."""
    paths = sorted(optional)
    sizes = range(len(paths) + 1) if len(paths) <= MOST_FOR_ALL else (0, 1, 2, len(paths))
    return chain.from_iterable(combinations(paths, size) for size in sizes)


def completed(sample: Mapping[str, Any], paths: Iterable[str], vocabulary: Vocabulary) -> Context:
    """Return a sample in which every fact an email reads is there; what it lacks is invented by kind."""
    context = _copied(sample)
    for path in sorted(paths):
        known = vocabulary.find(path)
        if known is not None and known.kind in INVENTED and not _reaches(context, path):
            _put(context, path, INVENTED[known.kind])
    return context


def left_out(context: Context, paths: Iterable[str]) -> Context:
    """Return a context without some facts."""
    copy = _copied(context)
    for path in paths:
        *tables, name = path.split(".")
        table: Any = copy
        for part in tables:
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(name, None)
    return copy


def _copied(value: Mapping[str, Any]) -> Context:
    return {name: _copied(inner) if isinstance(inner, Mapping) else inner for name, inner in value.items()}


def _reaches(context: Context, path: str) -> bool:
    value: Any = context
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _put(context: Context, path: str, value: Any) -> None:  # noqa: ANN401 (facts are of all types)
    *tables, name = path.split(".")
    for part in tables:
        if not isinstance(context.get(part), dict):
            context[part] = {}
        context = context[part]
    context[name] = value
