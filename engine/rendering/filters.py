"""The filters of emails: one typed table that the environment, `check` and the docs share.

A filter given a value of no declared type that does not fit prints it as it is; a missing value raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context

from engine.rendering import formats
from engine.rendering.budget import Budget
from engine.rendering.kinds import Kind


def _number(value: Any) -> bool:  # noqa: ANN401 (values of events have no declared type)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(value: Any) -> str:  # noqa: ANN401 (as above)
    return str(value)


def default(value: Any, otherwise: Any) -> Any:  # noqa: ANN401 (it gives back what it was given)
    """Return the other value where the first is missing or an empty text."""
    if isinstance(value, Undefined) or (isinstance(value, str) and not value.strip()):
        return otherwise
    return value


@pass_context
def money(context: Context, value: Any, currency: Any = None, *, cents: bool = True) -> str:  # noqa: ANN401 (as above)
    """Return minor units as an amount in the account's currency, or in the one that is named."""
    code = currency if currency is not None else context["account"].get("currency", context["brand"].get("currency"))
    if code is None:
        raise UndefinedError("`account.currency` is missing")
    if not _number(value):
        return _written(value)
    return formats.money(round(value), _written(code), context["_locale"], cents=cents)


def _local(context: Context, value: Any) -> Any:  # noqa: ANN401 (as above)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(context["_zone"])
    return value


@pass_context
def date_(context: Context, value: Any, style: str = "long") -> str:  # noqa: ANN401 (as above)
    """Return a day in the reader's language; a time becomes the day it is where the reader lives."""
    local = _local(context, value)
    if isinstance(local, datetime):
        local = local.date()
    return formats.day(local, style, context["_locale"]) if isinstance(local, date) else _written(value)


@pass_context
def time(context: Context, value: Any) -> str:  # noqa: ANN401 (as above)
    """Return the time of day where the reader lives."""
    local = _local(context, value)
    return formats.clock(local.time(), context["_locale"]) if isinstance(local, datetime) else _written(value)


@pass_context
def number(context: Context, value: Any) -> str:  # noqa: ANN401 (as above)
    """Return a number with the language's separators."""
    return formats.number(value, context["_locale"]) if _number(value) else _written(value)


@pass_context
def percent(context: Context, value: Any) -> str:  # noqa: ANN401 (as above)
    """Return a number of hundredths as a percentage."""
    return formats.percent(value, context["_locale"]) if _number(value) else _written(value)


@pass_context
def ordinal(context: Context, value: Any) -> str:  # noqa: ANN401 (as above)
    """Return "1st", "2nd", "3rd"."""
    return formats.ordinal(value, context["_locale"]) if type(value) is int else _written(value)


@pass_context
def plural(context: Context, value: Any, *forms: str, number: bool = True) -> str:  # noqa: ANN401 (as above)
    """Return the number with the form of the word it takes."""
    if not _number(value):
        return _written(value)
    return formats.plural(value, forms, context["_locale"], count=number)


def upper(value: Any) -> str:  # noqa: ANN401 (as above)
    """Return a text in capitals."""
    return _written(value).upper()


def lower(value: Any) -> str:  # noqa: ANN401 (as above)
    """Return a text in small letters."""
    return _written(value).lower()


def capitalize(value: Any) -> str:  # noqa: ANN401 (as above)
    """Return a text whose first letter is a capital; the others stay."""
    text = _written(value)
    return text[:1].upper() + text[1:]


def truncate(value: Any, length: int = 80) -> str:  # noqa: ANN401 (as above)
    """Return a text of at most so many characters, cut with an ellipsis."""
    text = _written(value)
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


@pass_context
def join(context: Context, value: Any, between: str = ", ") -> str:  # noqa: ANN401 (as above)
    """Return a list's items as one text; raises BudgetError where that is too much, before it is made."""
    if not isinstance(value, list | tuple):
        return _written(value)
    texts = [*map(_written, value)]
    budget: Budget | None = context.get("_budget")
    if budget is not None:
        budget.require(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def length(value: Any) -> int:  # noqa: ANN401 (as above)
    """Return how many items a list has; anything else has none."""
    if isinstance(value, Undefined):
        str(value)
    return len(value) if isinstance(value, list | tuple) else 0


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter: what it takes and gives, how many arguments, and for the docs an example with its result."""

    name: str
    takes: frozenset[Kind]
    gives: Kind | None
    english: str
    example: str
    function: Callable[..., Any]
    arguments: tuple[int, int] = (0, 0)
    argument: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


_K = Kind
_WORDS = frozenset({_K.TEXT, _K.URL, _K.ANY})
_NUMBERS = frozenset({_K.NUMBER, _K.ANY})
_LISTS = frozenset({_K.LIST, _K.ANY})


_MONEY = frozenset({_K.MONEY, _K.NUMBER, _K.ANY})
_DAYS = frozenset({_K.DATE, _K.TIME, _K.ANY})
_TIMES = frozenset({_K.TIME, _K.ANY})

_ROWS = (
    Filter(
        name="default", function=default, takes=frozenset(_K), gives=None, arguments=(1, 1), argument=_K.ANY,
        english="another value where it is missing or an empty text", example="customer.first_name | default('there')",
    ),
    Filter(
        name="money", function=money, takes=_MONEY, gives=_K.TEXT, arguments=(0, 1), options=("cents",),
        english="minor units as an amount in the account's currency, or in the one named; `cents=false` leaves out "
        "zero cents", example="account.amount | money",
    ),
    Filter(
        name="date", function=date_, takes=_DAYS, gives=_K.TEXT, arguments=(0, 1), choices=tuple(formats.DATE_STYLES),
        english="a day in the mail's language; a time is the day it is where the reader lives",
        example="account.renews_on | date('day')",
    ),
    Filter(
        name="time", function=time, takes=_TIMES, gives=_K.TEXT,
        english="the time of day where the reader lives", example="event.at | time",
    ),
    Filter(
        name="number", function=number, takes=_NUMBERS, gives=_K.TEXT,
        english="a number with the language's separators", example="account.seats | number",
    ),
    Filter(
        name="percent", function=percent, takes=_NUMBERS, gives=_K.TEXT,
        english="a number of hundredths as a percentage", example="25 | percent",
    ),
    Filter(
        name="ordinal", function=ordinal, takes=_NUMBERS, gives=_K.TEXT,
        english="first, second, third in figures", example="years | ordinal",
    ),
    Filter(
        name="plural", function=plural, takes=_NUMBERS, gives=_K.TEXT, arguments=(1, 6), options=("number",),
        english="the number with the word in the form it takes; `#` in a form is where the number stands; "
        "`number=false` leaves it out", example="days_left | plural('day', 'days')",
    ),
    Filter(
        name="upper", function=upper, takes=_WORDS, gives=_K.TEXT, english="in capitals", example="account.plan | upper"
    ),
    Filter(
        name="lower", function=lower, takes=_WORDS, gives=_K.TEXT,
        english="in small letters", example="account.plan | lower",
    ),
    Filter(
        name="capitalize", function=capitalize, takes=_WORDS, gives=_K.TEXT,
        english="with a first capital; the rest stays", example="account.plan | capitalize",
    ),
    Filter(
        name="truncate", function=truncate, takes=_WORDS, gives=_K.TEXT, arguments=(0, 1), argument=_K.NUMBER,
        english="cut to so many characters (80)", example="account.name | truncate(40)",
    ),
    Filter(
        name="join", function=join, takes=_LISTS, gives=_K.TEXT, arguments=(0, 1),
        english="a list as one text", example="event.properties.names | default([]) | join(', ')",
    ),
    Filter(
        name="length", function=length, takes=_LISTS, gives=_K.NUMBER,
        english="how many items a list has", example="event.properties.names | default([]) | length",
    ),
)  # fmt: skip
FILTERS: dict[str, Filter] = {row.name: row for row in _ROWS}
"""Every filter by its name."""
