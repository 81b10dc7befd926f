"""How money, dates, numbers and plurals are written in a language; every answer is remembered."""

from __future__ import annotations

from copy import copy
from datetime import date, time
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates, numbers

DATE_STYLES = {
    "long": "5 March 2026",
    "medium": "5 Mar 2026",
    "full": "Thursday, 5 March 2026",
    "short": "05/03/2026",
    "day": "5 March",
    "month": "March 2026",
    "weekday": "Thursday",
}
_SKELETONS = {"day": "MMMMd", "month": "yMMMM"}
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


@lru_cache(maxsize=4096)
def money(minor: int, currency: str, locale: Locale, *, cents: bool) -> str:
    """Return an amount of minor units, such as "€49.00"; without `cents` whole amounts lose their zeros."""
    currency = currency.upper()
    digits = numbers.get_currency_precision(currency)
    amount = Decimal(minor).scaleb(-digits)
    if cents or amount != amount.to_integral_value():
        return str(numbers.format_currency(amount, currency, locale=locale))
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (0, 0)
    return str(pattern.apply(amount, locale, currency=currency, currency_digits=False))


@lru_cache(maxsize=4096)
def day(value: date, style: str, locale: Locale) -> str:
    """Return a calendar day in one of DATE_STYLES."""
    if style == "weekday":
        return str(dates.format_date(value, "EEEE", locale=locale))
    if style in _SKELETONS:
        return str(dates.format_skeleton(_SKELETONS[style], value, locale=locale))
    return str(dates.format_date(value, style, locale=locale))


@lru_cache(maxsize=4096)
def clock(value: time, locale: Locale) -> str:
    """Return a local time of day, such as "14:30".

    It is given without its day and zone: equal instants of two zones would be remembered as one.
    """
    return str(dates.format_time(value, "short", locale=locale))


@lru_cache(maxsize=4096)
def number(value: float, locale: Locale) -> str:
    """Return a number with the language's separators and at most three decimals."""
    return str(numbers.format_decimal(value, locale=locale))


@lru_cache(maxsize=4096)
def percent(value: float, locale: Locale) -> str:
    """Return a count of hundredths as a percentage: 25 is "25%"."""
    return str(numbers.format_percent(Decimal(str(value)) / 100, locale=locale))


@lru_cache(maxsize=4096)
def plural(value: float, forms: tuple[str, ...], locale: Locale, *, count: bool) -> str:
    """Return the form that a number takes in a language, behind the number or around its sign `#`.

    Forms stand in the order zero, one, two, few, many, other, as far as the language has them; a missing one is the
    last.
    """
    category = locale.plural_form(value)
    known = [name for name in _CATEGORIES if name == "other" or name in locale.plural_form.tags]
    form = forms[min(known.index(category), len(forms) - 1)]
    if not count:
        return form
    written = number(value, locale)
    return form.replace("#", written) if "#" in form else f"{written} {form}"


@lru_cache(maxsize=4096)
def ordinal(value: int, locale: Locale) -> str:
    """Return "1st", "2nd", "3rd" in English, "1:a" in Swedish, and "1." where neither is known."""
    if locale.language == "en":
        return f"{value}{_ENGLISH_ORDINALS[locale.ordinal_form(value)]}"
    if locale.language == "sv":
        return f"{value}:{'a' if locale.ordinal_form(value) == 'one' else 'e'}"
    return f"{value}."


_ENGLISH_ORDINALS = {"one": "st", "two": "nd", "few": "rd", "other": "th"}
