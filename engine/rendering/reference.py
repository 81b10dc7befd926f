"""The tables of docs/emails.md, made from the tables that compiler and check read by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from engine.facts import BUILT_IN
from engine.rendering.brand import KEYS
from engine.rendering.definitions import LAYOUT_KEYS, PART_KEYS
from engine.rendering.emails import EMAIL_KEYS
from engine.rendering.environment import TESTS
from engine.rendering.filters import FILTERS
from engine.rendering.formats import DATE_STYLES
from engine.rendering.kinds import Kind
from engine.rendering.parameters import PARAMETERS

_TABLE = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(text: str) -> str:
    """Return a page with each table between `<!-- table: NAME -->` and `<!-- end -->` made anew.

    Raises KeyError for a name that is none.
    """
    return _TABLE.sub(lambda match: f"{match[1]}{TABLES[match['name']]()}\n{match[3]}", text)


def _rows(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)])


def _keys(keys: dict[str, str]) -> str:
    return _rows("key | ", ((f"`{key}`", about) for key, about in keys.items()))


def _filters() -> str:
    rows = []
    for row in FILTERS.values():
        takes = ", ".join(sorted(kind.value for kind in row.takes - {Kind.ANY}))
        rows.append((f"`{{{{ {row.example} }}}}`", row.english, "anything" if row.name == "default" else takes))
    return _rows("filter | gives | takes", rows)


def _variables() -> str:
    facts = (
        (f"`{fact.path}`", fact.type.value, fact.english, "always" if fact.always else "") for fact in BUILT_IN.values()
    )
    others = (
        ("`brand.…`", "as in `brand.yaml`", "the brand's values, known beforehand", "always"),
        ("`words.…`", "text", "words of the mail's language, known beforehand", "always"),
        ("`language`", "text", "the language the mail is written in, known beforehand", "always"),
        ("`links.unsubscribe`", "url", "the way out; only in mail of marketing topics", ""),
        ("`links.preferences`", "url", "the page of all topics, where there is one", ""),
    )
    return _rows("variable | type | | there", (*facts, *others))


def _styles() -> str:
    rows = ((f"`date('{style}')`", shown) for style, shown in DATE_STYLES.items())
    return _rows("written | 5 March 2026 in British English", rows)


TABLES: dict[str, Callable[[], str]] = {
    "email head": lambda: _keys(EMAIL_KEYS),
    "part head": lambda: _keys(PART_KEYS),
    "layout head": lambda: _keys(LAYOUT_KEYS),
    "parameters": lambda: _rows("type | written | ", ((f"`{name}`", *row) for name, row in PARAMETERS.items())),
    "brand": lambda: _rows("key | | ", ((f"`{name}`", _needed(name), key.what) for name, key in KEYS.items())),
    "filters": _filters,
    "date styles": _styles,
    "variables": _variables,
    "tests": lambda: ", ".join(f"`is {test}`" for test in TESTS),
}
"""What makes each table, by the name it has in the page."""


def _needed(name: str) -> str:
    return "required" if KEYS[name].required else ""
