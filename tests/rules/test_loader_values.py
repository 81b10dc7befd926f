"""What is written in a condition becomes a value of the fact's type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from rules.rule_files import GOOD

from engine.facts import BUILT_IN
from engine.rules.language.durations import Mistake, english_duration, parse_duration
from engine.rules.language.offsets import Moment, parse_moment
from engine.rules.loader import load
from engine.rules.model import Condition, DidTest, FactTest, Group, Operand, PropertyTest

SPECIAL = {path: GOOD[path] for path in ("rules/topics.yaml", "rules/traits.yaml", "rules/segments.yaml")}
RULE = "topic: tips\nwhen: {event: Webinar Joined}\nsend: welcome\nif:\n  - "


def condition(text: str, zone: str = "UTC") -> Condition:
    """Return what one condition of a sound rule was understood as."""
    loaded = load(SPECIAL | {"rules/a.yaml": f"{RULE}{text}\n"}, zone=zone)
    assert not any(problem.severity == "error" for problem in loaded.problems)
    return loaded.rules.rules["a"].conditions.parts[0]


def utc(*parts: int) -> datetime:
    """Return an instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


LAST = timedelta(microseconds=1)
FACT_TESTS: dict[str, tuple[str, tuple[Operand, ...]]] = {
    "account.plan: pro": ("is", ("pro",)),
    "account.plan: 7": ("is", ("7",)),
    "account.plan: [Pro, 'Team ']": ("one of", ("Pro", "Team ")),
    "account.plan: {not: pro}": ("not", ("pro",)),
    "account.plan: {none of: [pro]}": ("none of", ("pro",)),
    "account.plan: {matches: 'p*'}": ("matches", ("p*",)),
    "customer.locale: no": ("is", ("no",)),
    "account.seats: 3": ("is", (3,)),
    "account.seats: {above: -2.50}": ("above", (-2.5,)),
    "account.seats: {between: [1, 1]}": ("between", (1, 1)),
    "account.amount: 49": ("is", (4900,)),
    "account.amount: {at least: 49.9}": ("at least", (4990,)),
    "account.amount: {below: 0.07}": ("below", (7,)),
    "customer.newsletter: yes": ("is", (True,)),
    "customer.newsletter: {not: false}": ("not", (False,)),
    "account.renews_on: 2026-03-01": ("is", (date(2026, 3, 1),)),
    "account.renews_on: {between: [2026-03-01, 2026-04-01]}": ("between", (date(2026, 3, 1), date(2026, 4, 1))),
    "account.renews_on: {within next: 2 weeks}": ("within next", (timedelta(days=14),)),
    "account.renews_on: {more than: 3 days ago}": ("more than ago", (timedelta(days=3),)),
    "customer.last_seen_at: {within last: 90 minutes}": ("within last", (timedelta(minutes=90),)),
    "customer.last_seen_at: {after: 2026-03-01T09:30:05Z}": ("after", (utc(2026, 3, 1, 9, 30, 5),)),
    "customer.last_seen_at: {after: 2026-03-01 09:30+01:00}": ("after", (utc(2026, 3, 1, 8, 30),)),
}


@pytest.mark.parametrize(("text", "expected"), FACT_TESTS.items())
def test_a_value_has_the_fact_s_type(text: str, expected: tuple[str, tuple[Operand, ...]]) -> None:
    """Texts stay as written, money is in minor units, days are days, durations durations."""
    test = condition(text)
    assert isinstance(test, FactTest)
    assert (test.operator, test.operands) == expected
    assert [type(operand) for operand in test.operands] == [type(operand) for operand in expected[1]]


DAYS: dict[str, tuple[datetime, ...]] = {
    "{before: 2026-03-01}": (utc(2026, 2, 28, 23),),
    "{after: 2026-03-01}": (utc(2026, 3, 1, 23) - LAST,),
    "{between: [2026-03-01, 2026-03-01]}": (utc(2026, 2, 28, 23), utc(2026, 3, 1, 23) - LAST),
    "{between: [2026-03-29, 2026-03-29 12:00]}": (utc(2026, 3, 28, 23), utc(2026, 3, 29, 10)),
    "{after: 2026-03-01 09:00}": (utc(2026, 3, 1, 8),),
}


@pytest.mark.parametrize(("text", "expected"), DAYS.items())
def test_a_day_of_an_instant_is_a_day_of_the_workspace(text: str, expected: tuple[datetime, ...]) -> None:
    """Both ends of a day are those of the workspace's zone, on either side of the change to summer time."""
    test = condition(f"customer.signed_up_at: {text}", zone="Europe/Stockholm")
    assert isinstance(test, FactTest)
    assert test.operands == expected


def test_an_amount_in_a_currency_is_also_a_test_of_the_currency() -> None:
    """A currency without minor units is not multiplied, and other currencies do not match by number."""
    amount, currency = BUILT_IN["account.amount"], BUILT_IN["account.currency"]
    assert condition("account.amount: {at least: 4900 JPY}") == Group(
        kind="all",
        parts=(
            FactTest(fact=amount, operator="at least", operands=(4900,)),
            FactTest(fact=currency, operator="is", operands=("JPY",)),
        ),
    )


DID: dict[str, DidTest] = {
    "did: Report Shared": DidTest(event="Report Shared"),
    "did: any event": DidTest(event=None),
    "did not: Report Shared": DidTest(event="Report Shared", negated=True),
    "did: {event: A, at least: 2, at most: 3}": DidTest(event="A", at_least=2, at_most=3),
    "did: {event: A, at most: 3}": DidTest(event="A", at_least=None, at_most=3),
    "did not: {event: A, at least: 2, within: 1 hour}": DidTest(
        event="A", negated=True, at_least=2, within=timedelta(hours=1)
    ),
    "did: {event: A, since: trigger, within: 2 days}": DidTest(event="A", since_trigger=True, within=timedelta(days=2)),
    "did: {event: A, where: {plan: [pro, '3'], seats: {above: 2, below: 2.5}, free: true}}": DidTest(
        event="A",
        where=(
            PropertyTest(name="plan", operator="one of", operands=("pro", "3")),
            PropertyTest(name="seats", operator="above", operands=(2,)),
            PropertyTest(name="seats", operator="below", operands=(2.5,)),
            PropertyTest(name="free", operator="is", operands=(True,)),
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), DID.items())
def test_what_was_done(text: str, expected: DidTest) -> None:
    """An event's name is enough; options narrow it; `at most` alone counts never as well."""
    assert condition(text) == expected


DURATIONS = {
    "1 minute": timedelta(minutes=1), "90 minutes": timedelta(minutes=90), "1 hour": timedelta(hours=1),
    "36 hours": timedelta(hours=36), "1 days": timedelta(days=1), "2 weeks": timedelta(days=14),
    "3660 days": timedelta(days=3660),
}  # fmt: skip


@pytest.mark.parametrize(("text", "length"), DURATIONS.items())
def test_durations(text: str, length: timedelta) -> None:
    """A number and a unit; said in English they can be read again."""
    assert parse_duration(text) == length
    assert parse_duration(english_duration(length)) == length


MISTAKES = {
    "": "a number", "7": "a number", "days": "a number", "7d": "`7 days`", "7days": "`7 days`", "2 hrs": "`2 hours`",
    "15 min": "`15 minutes`", "15 mins": "`15 minutes`", "1 mo": "use minutes", "2 months": "`60 days`",
    "1 dya": "`1 day`",
    "3661 days": "3660", "0 days": "1 minute", "-1 days": "a number", "1.5 days": "a number", "9999999 weeks": "3660",
    "7 days 3 hours": "a number", "5 fortnights": "use minutes",
}  # fmt: skip


@pytest.mark.parametrize(("text", "right"), MISTAKES.items())
def test_a_mistaken_duration_says_what_would_be_right(text: str, right: str) -> None:
    """Short forms, months and typos are answered with the words to write."""
    mistake = parse_duration(text)
    assert isinstance(mistake, Mistake)
    assert right in mistake.hint


MOMENTS = {
    "at once": ("at once", 0), "on return": ("at once", 0), "on the day": ("on the day", 0),
    "7 days before": ("7 days before", -7), "1 week before": ("7 days before", -7),
    "after 14 days": ("after 14 days", 14),
    "14 days after": ("after 14 days", 14), "after  2   weeks": ("after 14 days", 14),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MOMENTS.items())
def test_a_moment_has_one_spelling(text: str, expected: tuple[str, int]) -> None:
    """However a moment is written, it is kept under one label, so that rewriting it changes nothing."""
    moment = parse_moment(text)
    assert isinstance(moment, Moment)
    assert (moment.label, moment.offset.days) == expected
