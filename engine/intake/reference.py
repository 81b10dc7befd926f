"""The tables of docs/import.md, made from those that the code works with."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.intake.fields import FIELDS, Kind
from engine.traits import ACCEPTS

_TABLE = re.compile(r"(?P<start><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def fill(page: str) -> str:
    """Return a page with the tables between `<!-- table: NAME -->` and `<!-- end -->` made anew."""
    made = tables()
    return _TABLE.sub(lambda found: found["start"] + made[found["name"]] + found["end"], page)


def tables() -> dict[str, str]:
    """Return each table by its name: the fields of every kind, and the types of declared traits."""
    fields = {f"fields of {kind}": _fields(kind) for kind in Kind}
    return fields | {"types of traits": _table(("type", "takes"), ((f"`{t}`", takes) for t, takes in ACCEPTS.items()))}


def _fields(kind: Kind) -> str:
    rows = ((f"`{f.name}`{' (needed)' if f.required else ''}", f.accepts) for f in FIELDS[kind].values())
    return _table(("field", "takes"), rows)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "".join(f"| {left} | {right} |\n" for left, right in lines)
