"""Facts without a history: the earliest known value is assumed to have held before, and that is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from backtesting import moments, tried
from evaluate.staging import Stage, at

from engine.db import writing
from engine.models.tables import account, customer

FROM, UNTIL = "2026-03-01", "2026-03-31T23:59:59.999999"
ASKED = "when: {event: Asked}\nsend: {at once: mail}\nif: [account.status: active]\n"
SCORED = "when: {event: Asked}\nsend: {at once: mail}\nif: [{customer.score: {at least: 1}}]\n"
History = Callable[[Stage], None]


def told_later(stage: Stage) -> None:
    """Ana asks in March; in June it is first said who she is and what her account is."""
    stage.event("2026-03-10", "Asked")
    stage.customer("2026-06-01", "ana", score=3)
    stage.account("2026-06-01", "acme", "ana", status="active")


def told_in_time(stage: Stage) -> None:
    """All of it is known before she asks."""
    stage.customer("2026-02-01", "ana", score=3)
    stage.account("2026-02-01", "acme", "ana", status="active")
    stage.event("2026-03-10", "Asked")


def told_from_when(stage: Stage) -> None:
    """In June it is said what was so since January."""
    stage.event("2026-03-10", "Asked")
    stage.customer("2026-06-01", "ana", score=3, updated_at="2026-01-15")


def known_without(stage: Stage) -> None:
    """Ana was known for weeks before anybody gave her a score; Bob had one from the beginning."""
    stage.customer("2026-01-01", "bob", score=3)
    stage.customer("2026-02-01", "ana", first_name="Ana")
    stage.event("2026-03-10", "Asked")
    stage.customer("2026-06-01", "ana", score=3)


def new_for_all(stage: Stage) -> None:
    """Scores are given since June; until then nobody had one."""
    stage.customer("2026-02-01", "ana", first_name="Ana")
    stage.customer("2026-02-01", "bob", first_name="Bob")
    stage.event("2026-03-10", "Asked")
    stage.customer("2026-06-01", "ana", score=3)


def put_there(stage: Stage) -> None:
    """An account and a person whom somebody wrote into the tables by hand."""
    stage.event("2026-03-10", "Asked")
    stamps = {"created_at": at("2026-06-01"), "changed_at": at("2026-06-01")}
    with writing(stage.engine) as connection:
        connection.execute(sa.insert(account).values(id="acme", status="active", status_key="active", **stamps))
        connection.execute(sa.update(customer).values(account_id="acme"))


@pytest.mark.parametrize(
    ("rule", "history", "enrolled", "gaps"),
    [
        (ASKED, told_later, 1, [("account.status", 1, "2026-06-01"), ("customer's account", 1, "2026-06-01")]),
        (ASKED, told_in_time, 1, []),
        (SCORED, told_later, 1, [("customer.score", 1, "2026-06-01")]),
        (SCORED, told_from_when, 1, []),
        (SCORED, known_without, 0, []),
        (SCORED, new_for_all, 1, [("customer.score", 1, "2026-06-01")]),
        (ASKED, put_there, 1, [("account.status", 1, None), ("customer's account", 1, None)]),
    ],
)
def test_the_earliest_known_value_is_taken_and_named(
    database: sa.Engine, rule: str, history: History, enrolled: int, gaps: list[tuple[str, int, str | None]]
) -> None:
    """Of whom nothing was told in time; but what was known to be missing was missing."""
    history(Stage(database))
    found = tried(database, rule, FROM, UNTIL)
    assert len(moments(found)) == enrolled
    named = [(gap.assumed.path, gap.assumed.subjects, gap.assumed.since) for gap in found.gaps]
    assert named == [(path, count, at(since) if since else None) for path, count, since in gaps]
    assert found.approximate == bool(gaps)


def test_only_facts_that_a_rule_reads_are_named_each_with_its_rules(database: sa.Engine) -> None:
    """A rule that asks for nothing but events is exact beside one that is not."""
    told_later(Stage(database))
    plain = "when: {event: Asked}\nsend: {at once: mail}\n"
    assert not tried(database, plain, FROM, UNTIL).approximate
    found = tried(database, {"plain": plain, "scored": SCORED}, FROM, UNTIL)
    assert [gap.rules for gap in found.gaps] == [("scored",)]


def test_what_is_known_from_the_start_on_is_no_gap(database: sa.Engine) -> None:
    """A history that begins before the time in question is a history."""
    told_later(Stage(database))
    assert not tried(database, SCORED, "2026-06-02", "2026-06-30").approximate


def test_a_sign_up_that_is_told_later_was_when_it_says(database: sa.Engine) -> None:
    """It dates itself, so it is nothing that was assumed."""
    Stage(database).customer("2026-06-01", "ana", signed_up_at="2026-03-05T10:00Z")
    found = tried(database, "when: {date: customer.signed_up_at}\nsend: {after 2 days: mail}\n", FROM, UNTIL)
    assert moments(found) == [("2026-03-07", "ana", "enrolled")]
    assert not found.approximate


def test_a_text_from_before_its_type_was_declared_is_read_as_that_type(database: sa.Engine) -> None:
    """And where it is no such value, the fact was missing."""
    stage = Stage(database)
    stage.customer("2026-02-01", "ana", joined_on="2026-03-05")
    stage.customer("2026-02-01", "bob", joined_on="N/A")
    found = tried(database, "when: {date: customer.joined_on}\nsend: {after 2 days: mail}\n", FROM, UNTIL)
    assert moments(found) == [("2026-03-07", "ana", "enrolled")]
