"""The operators of conditions: one row each, with its words, the types it fits, its SQL and its English."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from engine.facts import FactType

Sql = Callable[[sa.ColumnElement[Any], Sequence[sa.ColumnElement[Any]]], sa.ColumnElement[bool]]

_T = FactType
TEXTS = frozenset({_T.TEXT, _T.URL})
NUMBERS = frozenset({_T.NUMBER, _T.MONEY})
DAYS = frozenset({_T.DATE, _T.TIME})
ALL = frozenset(FactType)


class Takes(StrEnum):
    """What an operator is given."""

    NOTHING = "nothing"
    ONE = "one value"
    TWO = "two values, the lower first"
    MANY = "a list of values"
    GLOB = "a text with * and ?"
    SPAN = "a duration, such as 7 days"


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One way to test a fact; `sql` gets the fact's comparable column and the operands the compiler prepared.

    For `Takes.SPAN` the operands are the ends of the window (earlier, later), computed in Python: instants for a time,
    days of the subject's own calendar for a date.
    """

    words: str
    types: frozenset[FactType]
    takes: Takes
    sql: Sql
    english: str


def glob_to_like(pattern: str) -> str:
    """Return the LIKE pattern, escaped by a backslash, of a glob of `*` and `?`."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


def _starts(column: sa.ColumnElement[Any], start: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.func.substr(column, 1, sa.func.length(start)) == start


def _contains(column: sa.ColumnElement[Any], part: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.func.replace(column, part, "") != column


_ROWS = (
    ("is", ALL, Takes.ONE, lambda c, v: c == v[0], "is {0}"),
    ("not", ALL, Takes.ONE, lambda c, v: c != v[0], "is not {0}"),
    ("one of", ALL, Takes.MANY, lambda c, v: c.in_(v), "is one of {all}"),
    ("none of", ALL, Takes.MANY, lambda c, v: c.not_in(v), "is none of {all}"),
    ("below", NUMBERS, Takes.ONE, lambda c, v: c < v[0], "is below {0}"),
    ("above", NUMBERS, Takes.ONE, lambda c, v: c > v[0], "is above {0}"),
    ("at least", NUMBERS, Takes.ONE, lambda c, v: c >= v[0], "is at least {0}"),
    ("at most", NUMBERS, Takes.ONE, lambda c, v: c <= v[0], "is at most {0}"),
    ("between", NUMBERS | DAYS, Takes.TWO, lambda c, v: sa.and_(c >= v[0], c <= v[1]), "is between {0} and {1}"),
    ("contains", TEXTS, Takes.ONE, lambda c, v: _contains(c, v[0]), "contains {0}"),
    ("starts with", TEXTS, Takes.ONE, lambda c, v: _starts(c, v[0]), "starts with {0}"),
    ("matches", TEXTS, Takes.GLOB, lambda c, v: c.like(v[0], escape="\\"), "matches {0}"),
    ("before", DAYS, Takes.ONE, lambda c, v: c < v[0], "is before {0}"),
    ("after", DAYS, Takes.ONE, lambda c, v: c > v[0], "is after {0}"),
    ("within last", DAYS, Takes.SPAN, lambda c, v: sa.and_(c > v[0], c <= v[1]), "is within the last {0}"),
    ("within next", DAYS, Takes.SPAN, lambda c, v: sa.and_(c >= v[0], c <= v[1]), "is within the next {0}"),
    ("more than ago", DAYS, Takes.SPAN, lambda c, v: c <= v[0], "is more than {0} ago"),
    ("has", ALL, Takes.NOTHING, lambda c, _: c.is_not(None), "is known"),
    ("missing", ALL, Takes.NOTHING, lambda c, _: c.is_(None), "is not known"),
)  # fmt: skip

OPERATORS: dict[str, Operator] = {
    words: Operator(words=words, types=types, takes=takes, sql=sql, english=english)
    for words, types, takes, sql, english in _ROWS
}
"""Every operator by its words. All are two-valued: of a missing fact each but `missing` is false."""
