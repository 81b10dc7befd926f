"""Expiry dates of cards: a card is good to the end of its month, however the month is written."""

from __future__ import annotations

import calendar
import re
from datetime import date

from engine.values import FIRST_YEAR, LAST_YEAR, BadValue, Border, Raw, text

_FORMS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})(?:-[0-9]{2})?"),
    re.compile(r"(?P<month>[0-9]{1,2})\s*[/-]\s*(?P<year>[0-9]{4}|[0-9]{2})"),
)
_CENTURY = 2000


def card_end(raw: Raw, _border: Border | None = None) -> str:
    """Return the last day of the month a card expires in, as ISO text."""
    said = text(raw)
    for form in _FORMS:
        if found := form.fullmatch(said):
            return _last_day(int(found["year"]), int(found["month"]))
    raise BadValue("is not a card's expiry such as 2026-03, 03/26, 03/2026 or 2026-03-15")


def _last_day(year: int, month: int) -> str:
    year += _CENTURY if year < 100 else 0  # noqa: PLR2004 (two digits)
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:  # noqa: PLR2004 (months)
        raise BadValue("names no month of a year")
    return date(year, month, calendar.monthrange(year, month)[1]).isoformat()
