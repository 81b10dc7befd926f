"""Local calendars: the instants at which times of day strike, the runs of days that share a shift, anniversaries."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clock import from_micros
from engine.rules.sql.calendars import DAY, anniversaries, day_number, day_of, days_struck, runs, strikes, today
from engine.rules.sql.windows import offset_code, offset_micros

ZONES = (
    "UTC",
    "Europe/Stockholm",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Cairo",
    "America/Havana",
)
zones = st.sampled_from(ZONES)
days = st.dates(date(1990, 1, 1), date(2037, 12, 31))
times = st.times().map(lambda at: at.replace(microsecond=0))


@given(zones, days, times)
def test_a_time_strikes_at_its_local_time_or_where_the_clock_leaps_over_it(zone: str, day: date, at: time) -> None:
    """Never before it, and a microsecond earlier it is earlier."""
    here = ZoneInfo(zone)
    instant = strikes(zone, day_number(day), at)
    local = from_micros(instant).astimezone(here).replace(tzinfo=None)
    before = from_micros(instant - 1).astimezone(here).replace(tzinfo=None)
    assert local == datetime.combine(day, at) or before < datetime.combine(day, at) < local


@given(zones, days, st.integers(0, 400), times)
def test_runs_say_what_every_day_says(zone: str, first: date, length: int, at: time) -> None:
    """Each day of a stretch is in one run, and its instant is that run's."""
    start = day_number(first)
    found = list(runs([zone], at, start, start + length))
    for number in range(start, start + length + 1, 17):
        (run,) = (run for run in found if run.first <= number <= run.last)
        assert number * DAY + run.shift == strikes(zone, number, at)


@given(zones, days, times, st.integers(0, 3 * DAY), st.integers(0, 9 * DAY))
def test_the_days_struck_in_a_stretch_of_time_are_those_whose_instant_lies_in_it(
    zone: str, day: date, at: time, into: int, length: int
) -> None:
    """Its beginning left out and its end included."""
    after = day_number(day) * DAY + into
    near = range(day_number(day) - 3, day_number(day) + 20)
    expected = {number for number in near if after < strikes(zone, number, at) <= after + length}
    assert days_struck([zone], at, after, after + length) == expected


@given(zones, st.integers(10_000 * DAY, 24_000 * DAY))
def test_today_is_the_local_date(zone: str, instant: int) -> None:
    """Whatever the offset."""
    assert day_of(today(zone, instant)) == from_micros(instant).astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("every", "day", "keys"),
    [
        ("year", date(2026, 3, 31), ["03-31"]),
        ("year", date(2026, 2, 28), ["02-28", "02-29"]),
        ("year", date(2028, 2, 28), ["02-28"]),
        ("year", date(2028, 2, 29), ["02-29"]),
        ("month", date(2026, 4, 30), ["30", "31"]),
        ("month", date(2026, 2, 28), ["28", "29", "30", "31"]),
        ("month", date(2026, 1, 31), ["31"]),
        ("month", date(2026, 1, 15), ["15"]),
    ],
)
def test_what_comes_round_on_a_day(every: str, day: date, keys: list[str]) -> None:
    """In short years and months the last day stands for those that are missing."""
    number = day_number(day)
    assert [come.key for come in anniversaries(every, number, number)] == keys


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (timedelta(), "+0d"),
        (timedelta(days=-30), "-30d"),
        (timedelta(hours=24), "+1d"),
        (timedelta(hours=36), "+36h"),
        (timedelta(minutes=-90), "-90m"),
        (timedelta(seconds=1), "+1s"),
        (timedelta(microseconds=7), "+7us"),
    ],
)
def test_an_offset_has_one_code(offset: timedelta, code: str) -> None:
    """However it is worded, and it can be read back."""
    assert offset_code(offset) == code
    assert timedelta(microseconds=offset_micros(code)) == offset
