"""Durations in words: `30 minutes`, `1 hour`, `7 days`, `2 weeks`; months are refused, since they differ in length."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import did_you_mean

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
DAY = timedelta(days=1)
LONGEST = timedelta(days=3660)
SPAN_PATTERN = r"[1-9][0-9]{0,6} +(minute|hour|day|week)s?"
_SPAN = re.compile(r"(?P<count>[0-9]{1,7})\s*(?P<unit>[^\W\d]+)")
_MONTHS = {"month": 30, "months": 30, "quarter": 91, "quarters": 91, "year": 365, "years": 365}


_SHORT = {unit: {f"{unit}s", f"{unit[:3]}s", f"{unit[0]}r", f"{unit[0]}rs"} for unit in UNITS}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """Why a text was not understood: what would be right, as a hint and, where it is clear, as text."""

    hint: str
    right: str = ""


def parse_duration(text: str) -> timedelta | Mistake:
    """Return the duration of a text such as `7 days`, or what would be right; more than ten years are refused."""
    match = _SPAN.fullmatch(text.strip())
    if not match:
        return Mistake(hint="write a number and a unit, such as `7 days`")
    count, word = int(match["count"]), match["unit"]
    unit = UNITS.get(word.removesuffix("s"))
    if unit is None or not re.search(r"\s", text.strip()):
        return _mistaken_unit(count, word)
    length = unit * count if count * unit.total_seconds() <= LONGEST.total_seconds() else timedelta()
    return length or Mistake(hint="write something between 1 minute and 3660 days")


def _mistaken_unit(count: int, word: str) -> Mistake:
    if word in _MONTHS:
        right = f"{count * _MONTHS[word]} days"
        return Mistake(hint=f"{word.removesuffix('s')}s differ in length; write `{right}`", right=right)
    unit = next((unit for unit in UNITS if unit.startswith(word) or word in _SHORT[unit]), "")
    unit = unit or did_you_mean(word, [*UNITS, *(f"{unit}s" for unit in UNITS)]).removeprefix("did you mean `")
    unit = unit.removesuffix("`?").removesuffix("s")
    if not unit:
        return Mistake(hint="use minutes, hours, days or weeks")
    right = f"{count} {unit}{'' if count == 1 else 's'}"
    return Mistake(hint=f"write `{right}`", right=right)


def english_duration(length: timedelta) -> str:
    """Return a duration in words, in the largest unit up to days that says it exactly."""
    for name in ("day", "hour", "minute"):
        count, rest = divmod(length, UNITS[name])
        if not rest:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return str(length)
