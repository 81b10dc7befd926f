"""Slots of schedules by the clocks of zones, and what is no schedule; compared with cronsim's own walk over a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from engine.clock import from_micros, to_micros
from engine.rules.slots import (
    BadCronError,
    cron_words,
    is_slot,
    last_slot,
    on_either_day,
    read_cron,
    slots_after,
    slots_between,
)

STOCKHOLM = "Europe/Stockholm"


def at(text: str) -> int:
    """Return an instant of UTC in microseconds."""
    return to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


def slots(cron: str, zone: str, after: str, until: str) -> list[str]:
    """Return the slots between two instants, as month, day, hour and minute of UTC."""
    found = slots_between(read_cron(cron), zone, at(after), at(until))
    return [f"{from_micros(slot):%m-%d %H:%M}" for slot in found]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "until", "found"),
    [
        ("0 9 * * mon", STOCKHOLM, "2026-03-20", "2026-04-01", ["03-23 08:00", "03-30 07:00"]),
        ("0 9 l * *", "UTC", "2024-02-01", "2024-04-01", ["02-29 09:00", "03-31 09:00"]),
        ("0 9 31 * *", "UTC", "2026-01-01", "2026-05-01", ["01-31 09:00", "03-31 09:00"]),
        ("0 9 29 2 *", "UTC", "2025-01-01", "2029-01-01", ["02-29 09:00"]),
        ("0 9 * * mon#1", "UTC", "2026-03-01", "2026-05-01", ["03-02 09:00", "04-06 09:00"]),
        ("30 2 * * *", STOCKHOLM, "2026-03-28 12:00", "2026-03-30 12:00", ["03-29 01:00", "03-30 00:30"]),
        ("30 2 * * *", STOCKHOLM, "2026-10-24 12:00", "2026-10-26 12:00", ["10-25 00:30", "10-26 01:30"]),
        ("0 * * * *", STOCKHOLM, "2026-03-28 23:30", "2026-03-29 02:30", ["03-29 00:00", "03-29 01:00", "03-29 02:00"]),
        ("0 * * * *", STOCKHOLM, "2026-10-24 23:30", "2026-10-25 02:30", ["10-25 00:00", "10-25 02:00"]),
        ("0 2,3 * * *", STOCKHOLM, "2026-03-28 12:00", "2026-03-29 12:00", ["03-29 01:00"]),
        ("0 0 1 1 *", "Asia/Tokyo", "2025-12-31", "2026-01-01", ["12-31 15:00"]),
        ("0 9 * * *", "Pacific/Apia", "2011-12-29", "2011-12-31", ["12-29 19:00", "12-30 10:00", "12-30 19:00"]),
    ],
)  # fmt: skip
def test_slots_strike_by_the_clock_of_a_zone(cron: str, zone: str, after: str, until: str, found: list[str]) -> None:
    """A time that the clock leaves out strikes as it leaps, one that comes twice strikes once, the first time."""
    assert slots(cron, zone, after, until) == found


@pytest.mark.parametrize("zone", ["UTC", STOCKHOLM, "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("cron", ["0 9 * * mon", "30 4 1,15 * *", "15 */6 * * *", "0 12 13 * fri", "0 5 lw * *"])
def test_away_from_leaps_of_the_clock_cronsim_says_the_same(cron: str, zone: str) -> None:
    """Where no clock changes at that hour, a walk with the zone's own times is another way to the same slots."""
    start, end = datetime(2025, 12, 30, tzinfo=ZoneInfo(zone)), datetime(2028, 3, 2, tzinfo=ZoneInfo(zone))
    walked = [to_micros(each.astimezone(UTC)) for each in takewhile(lambda slot: slot <= end, CronSim(cron, start))]
    assert slots_between(read_cron(cron), zone, to_micros(start), to_micros(end)) == walked


def test_cronsim_alone_would_lose_a_slot_where_the_clock_changes_by_half_an_hour() -> None:
    """It goes on in whole hours from there."""
    start, zone = datetime(2026, 4, 5, tzinfo=ZoneInfo("Australia/Lord_Howe")), "Australia/Lord_Howe"
    first = to_micros(next(CronSim("15 */6 * * *", start + timedelta(hours=1))).astimezone(UTC))
    assert (first, next(slots_after("15 */6 * * *", zone, to_micros(start + timedelta(hours=1))))) == (
        at("2026-04-05 01:45"),
        at("2026-04-04 19:45"),
    )


def test_cronsim_alone_would_strike_twice_in_a_fold() -> None:
    """An expression with `*` for the hour follows elapsed time there; ours follows the clock on the wall."""
    start = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo(STOCKHOLM))
    walked = takewhile(lambda slot: slot.hour < 4, CronSim("0 * * * *", start))
    assert [f"{each.astimezone(UTC):%H:%M}" for each in walked] == ["00:00", "01:00", "02:00"]


def test_the_last_the_next_and_this_one() -> None:
    """Across the ends of years; an instant that is a slot is the last one at that instant, and not the next."""
    cron, new_year = read_cron("0 0 1 1 *"), at("2026-01-01 00:00")
    assert last_slot(cron, "UTC", new_year) == new_year
    assert last_slot(cron, "UTC", new_year - 1) == at("2025-01-01 00:00")
    assert next(slots_after(cron, "UTC", new_year)) == at("2027-01-01 00:00")
    assert (is_slot(cron, "UTC", new_year), is_slot(cron, "UTC", new_year + 1)) == (True, False)
    assert next(slots_after(read_cron("0 9 * feb mon#5"), "UTC", new_year)) == at("2044-02-29 09:00")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 fields"),
        ("@daily", "1 fields"),
        ("0 0 9 * * mon", "6 fields"),
        ("60 9 * * *", "minutes are 0 to 59"),
        ("0 24 * * *", "hours are 0 to 23"),
        ("0 9 0 * *", "days of the month"),
        ("0 9 30 2 *", "of a month that has them"),
        ("0 9 31 4,6,9,11 *", "of a month that has them"),
        ("0 9 * 13 *", "months are 1 to 12"),
        ("0 9 * * fri-mon", "weekdays are"),
        ("0 9 * * mon#6", "weekdays are"),
        ("0,30 9 * * *", "more often than once an hour"),
        ("* 9 * * *", "more often than once an hour"),
    ],
)
def test_what_is_no_schedule(text: str, why: str) -> None:
    """Each is refused with what would be right."""
    with pytest.raises(BadCronError, match=why):
        read_cron(text)


def test_spelling_does_not_matter() -> None:
    """Blanks and letters, so that an edit of them is no other schedule."""
    assert read_cron("  0  9 * * mon ") == read_cron("0 9 * * MON") == "0 9 * * MON"
    assert cron_words("0 9 * * MON") == "at 09:00 on Monday"
    assert [on_either_day(cron) for cron in ("0 9 1 * MON", "0 9 * * MON", "0 9 1 * *")] == [True, False, False]


def test_a_year_of_an_hourly_schedule_has_every_hour_of_the_clock() -> None:
    """Less the hour that is left out in spring, and the one that comes twice in autumn."""
    start, end = at("2025-12-31 22:59"), at("2026-12-31 22:59")
    found = slots_between("0 * * * *", STOCKHOLM, start, end)
    assert len(found) == 365 * 24 - 1
    assert max(later - earlier for earlier, later in pairwise(found)) == 2 * 3_600_000_000
    assert timedelta(microseconds=found[-1] - found[0]) < timedelta(days=365)
