"""The mails of a dry run: each of them for a few days, and for longer times one line for each day and rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.cli import output
from engine.simulate.forecast import Mail

DETAILED = timedelta(days=8)
"""Up to so long a time each mail is listed; the overview of a longer one counts them."""
LISTED, NAMED = 8, 3
"""How many mails of a rule are listed a day, and how many names stand in a line of the overview."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How mails are shown: in which zone, each of them or counted, and how many (None: as usual, 0: all)."""

    zone: str
    each: bool
    limit: int | None = None

    def most(self, usual: int) -> int | None:
        """Return how many to show; None for all."""
        return (usual if self.limit is None else self.limit) or None


def days(mails: Sequence[Mail], look: Look) -> None:
    """Print mails in the order of days."""
    by_day = [(day, list(of_day)) for day, of_day in groupby(mails, key=lambda mail: _day(mail, look))]
    if look.each:
        for day, of_day in by_day:
            _each(day, of_day, look)
    elif by_day:
        rows = [row for day, of_day in by_day for row in _counted(day, of_day, look)]
        output.heading(f"Day by day, {output.plural(len(mails), 'mail')}")
        output.table(("day", "rule", "mails", "time", "to"), rows, right=["mails"], optional=("time",))


def _day(mail: Mail, look: Look) -> date:
    return mail.at.astimezone(ZoneInfo(look.zone)).date()


def _of_rules(mails: Sequence[Mail]) -> list[tuple[str, list[Mail]]]:
    ordered = sorted(mails, key=lambda mail: (mail.rule, mail.at))
    return [(rule, list(of_rule)) for rule, of_rule in groupby(ordered, key=lambda mail: mail.rule)]


def _each(day: date, mails: Sequence[Mail], look: Look) -> None:
    output.heading(f"{day:%A} {day.day} {day:%B %Y}, {output.plural(len(mails), 'mail')}")
    rows: list[tuple[output.Cell, ...]] = []
    for rule, of_rule in _of_rules(mails):
        listed = of_rule[: look.most(LISTED)]
        rows += [(_time(mail, look), rule, mail.moment, mail.name, mail.address, mail.subject) for mail in listed]
        if len(of_rule) > len(listed):
            rows.append(("", rule, "", output.styled(f"and {len(of_rule) - len(listed):,} more", "dim"), "", ""))
    output.table(("time", "rule", "moment", "to", "address", "subject"), rows, optional=("address", "moment"))


def _counted(day: date, mails: Sequence[Mail], look: Look) -> list[tuple[output.Cell, ...]]:
    """Return a line for each rule of a day; in a terminal, the day stands in the first of them alone."""
    name = f"{day:%a} {day.day} {day:%b}"
    rows: list[tuple[output.Cell, ...]] = []
    for rule, of_rule in _of_rules(mails):
        first, last = _time(of_rule[0], look), _time(of_rule[-1], look)
        at = first if first == last else f"{first} to {last}"
        shown = "" if rows and output.out().is_terminal else name
        rows.append((shown, rule, len(of_rule), at, output.names([mail.name for mail in of_rule], look.most(NAMED))))
    return rows


def _time(mail: Mail, look: Look) -> str:
    return f"{mail.at.astimezone(ZoneInfo(look.zone)):%H:%M}"
