"""A year in the life of a small company's customers, invented from a seed and ending now.

Times are aware UTC. The same seed and the same `now` give the same company.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from engine.demo.places import COMPANY_FIRST, COMPANY_LAST, PLACES, Place

ACCOUNTS = 160
YEAR = timedelta(days=365)
NEW = timedelta(days=10)
"""A team this young has made no board yet, as far as its account says."""
NOTICE = timedelta(days=25)
"""How long before a renewal its owner is asked to confirm it; our offer goes out a little before."""
PLANS = {"Team": 1900, "Business": 4900, "Studio": 9900}
FEATURES = {"Report Shared": 0.55, "Automation Created": 0.4, "Integration Connected": 0.35}
BOARDS = (
    "Roadmap",
    "Launch plan",
    "Hiring",
    "Editorial calendar",
    "Sprint",
    "Office move",
    "Customer interviews",
    "Budget",
)

Row = dict[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Company:
    """The rows of the four files one would import."""

    accounts: tuple[Row, ...]
    customers: tuple[Row, ...]
    members: tuple[Row, ...]
    events: tuple[Row, ...]


def invent(now: datetime, *, seed: int = 7) -> Company:
    """Return some hundreds of customers and their year; its last events are minutes before `now`."""
    random = Random(seed)  # noqa: S311 (an invented company needs no secrets)
    names = [f"{first} {last}" for first in COMPANY_FIRST for last in COMPANY_LAST]
    teams = [
        _Team(random=random, now=now, name=name, number=n) for n, name in enumerate(random.sample(names, ACCOUNTS))
    ]
    people = [person for team in teams for person in team.people()]
    events = sorted((event for person in people for event in person.events()), key=lambda row: str(row["at"]))
    return Company(
        accounts=tuple(team.row() for team in teams),
        customers=tuple(person.row() for person in people),
        members=tuple(person.membership() for person in people),
        events=tuple(events),
    )


class _Team:
    """One account: how old it is, what it pays, and who is in it."""

    def __init__(self, *, random: Random, now: datetime, name: str, number: int) -> None:
        self.random, self.now, self.name, self.id = random, now, name, f"a{1000 + number}"
        self.place = random.choice(PLACES)
        # Some joined in the last weeks, the others over two and a half years, so that there are anniversaries.
        age = random.uniform(0, 25) if number % 4 == 0 else random.uniform(25, 900)
        self.began = now - timedelta(days=age)
        self.plan = random.choices(list(PLANS), weights=(6, 3, 1))[0]
        self.status = self._status(age)

    def _status(self, age: float) -> str:
        if age < 14:  # noqa: PLR2004 (a trial lasts 14 days)
            return "trialing"
        return self.random.choices(("active", "past due", "cancelled"), weights=(88, 4, 8))[0]

    def people(self) -> list[_Person]:
        size = self.random.choices((1, 2, 3, 4, 6), weights=(25, 30, 20, 15, 10))[0]
        return [_Person(team=self, number=n) for n in range(size)]

    def row(self) -> Row:
        began = self.began.date()
        years = (self.now.date() - began).days // 365
        return {
            "id": self.id,
            "name": self.name,
            "status": self.status,
            "plan": self.plan,
            "amount": f"{PLANS[self.plan] * 12 / 100:.2f}",
            "currency": self.place.currency,
            "subscribed_on": began.isoformat(),
            "renews_on": _years_after(began, years + 1).isoformat(),
            "renewals": years,
            "card_expires_on": self._card().isoformat(),
            "seats": self.random.choice((3, 5, 8, 12, 20)),
            "time_zone": self.place.zone,
            "locale": self.place.locale,
            **self._traits(),
        }

    def _traits(self) -> Row:
        boards = self.random.randint(2, 14) if self.now - self.began > NEW else 0
        waiting, done = boards * self.random.randint(2, 7), boards * self.random.randint(9, 70)
        return {
            "boards": boards,
            "cards": waiting + done,
            "open_cards": waiting,
            "cards_done": done,
            "card_brand": self.random.choice(("Visa", "Mastercard", "American Express")),
            "card_last4": f"{self.random.randint(0, 9999):04d}",
        }

    def _card(self) -> date:
        months = self.now.year * 12 + self.now.month - 1 + self.random.choice((0, 0, 1, 2, 3, *range(4, 40)))
        year, month = divmod(months, 12)
        return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


class _Person:
    """One customer: when they joined, how they work, and whether they drifted off."""

    def __init__(self, *, team: _Team, number: int) -> None:
        self.team, self.number, self.random = team, number, team.random
        self.place: Place = team.place if number == 0 or self.random.random() < 0.8 else self.random.choice(PLACES)  # noqa: PLR2004
        self.first, self.last = self.random.choice(self.place.first_names), self.random.choice(self.place.last_names)
        self.id = f"c{team.id[1:]}{number}"
        room = (team.now - team.began) * (0 if number == 0 else self.random.random() * 0.7)
        self.joined = max(team.began + room, team.now - YEAR * 2)

    def row(self) -> Row:
        nameless = self.random.random() < 0.06  # noqa: PLR2004 (some never say what they are called)
        return {
            "id": self.id,
            "email": f"{_ascii(self.first)}.{_ascii(self.last)}{self.number or ''}@{_ascii(self.team.name)}.test",
            "first_name": "" if nameless else self.first,
            "last_name": "" if nameless else self.last,
            "locale": self.place.locale,
            "time_zone": self.place.zone,
            "signed_up_at": _stamp(self.joined),
        }

    def membership(self) -> Row:
        role = "owner" if self.number == 0 else "member"
        return {"customer_id": self.id, "account_id": self.team.id, "role": role}

    def events(self) -> Iterator[Row]:
        yield self._event("Signed Up", self.joined, plan=self.team.plan)
        start = max(self.joined, self.team.now - YEAR)
        days = list(self._active_days(start))
        for feature, chance in FEATURES.items():
            if days and self.random.random() < chance:
                yield self._event(feature, self._moment(self.random.choice(days)))
        for day in days:
            yield from self._working_day(day)
        if self.number == 0:
            yield from self._renewals(days)

    def _renewals(self, days: list[date]) -> Iterator[Row]:
        """Yield that the owner confirmed a renewal, on the first working day of the weeks before it."""
        began = self.team.began.date()
        for year in range(1, (self.team.now.date() - began).days // 365 + 2):
            due = _years_after(began, year)
            day = next((day for day in days if due - NOTICE <= day < due), None)
            if day:
                yield self._event("Renewal Confirmed", self._noon(day))

    def _noon(self, day: date) -> datetime:
        noon = datetime.combine(day, time(12), ZoneInfo(self.place.zone))
        return min(max(noon, self.joined + timedelta(minutes=2)), self.team.now - timedelta(hours=1))

    def _working_day(self, day: date) -> Iterator[Row]:
        yield self._event("Logged In", self._moment(day))
        if self.random.random() < 0.12:  # noqa: PLR2004
            yield self._event("Board Created", self._moment(day), board=self.random.choice(BOARDS))
        for _ in range(self.random.choices((0, 1, 3), weights=(6, 3, 1))[0]):
            yield self._event("Card Completed", self._moment(day))

    def _active_days(self, start: datetime) -> Iterator[date]:
        """Yield the days on which somebody works: steady, fading out, or back after a long while."""
        today = self.team.now.date()
        gone_for = self.random.choices(
            (0, self.random.randint(5, 45), self.random.randint(45, 200)), weights=(66, 24, 10)
        )[0]
        back = gone_for > 40 and self.random.random() < 0.3  # noqa: PLR2004
        left, returned = today - timedelta(days=gone_for), today - timedelta(days=self.random.randint(-1, 9))
        pace = self.random.choice((1.5, 3, 4, 6, 9))
        day = start.date() + timedelta(days=round(self.random.expovariate(1 / 2)))
        while day <= today:
            if day <= left or (back and day >= returned):
                yield day
            day += timedelta(days=1 + round(self.random.expovariate(1 / pace)))
        if gone_for == 0 and self.random.random() < 0.5:  # noqa: PLR2004
            yield today

    def _moment(self, day: date) -> datetime:
        """Return a time in the working hours of that day, after joining and before now."""
        local = datetime.combine(day, time(8), ZoneInfo(self.place.zone)) + timedelta(
            minutes=self.random.randint(0, 570)
        )
        earliest, latest = (
            self.joined + timedelta(minutes=2),
            self.team.now - timedelta(minutes=self.random.randint(1, 55)),
        )
        return max(min(local, latest), min(earliest, latest))

    def _event(self, name: str, at: datetime, **properties: str) -> Row:
        return {"customer_id": self.id, "name": name, "at": _stamp(at), **properties}


def _stamp(at: datetime) -> str:
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def _years_after(day: date, years: int) -> date:
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
