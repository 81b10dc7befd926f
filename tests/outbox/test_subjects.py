"""What is known of customers and accounts, as emails see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sending import FILES, NOW, add_account, add_customer

from engine import subjects
from engine.db import reading, writing
from engine.errors import LifecycleError
from engine.facts import FactType, Trait
from engine.models.tables import identity, trait
from engine.rules.loader import load
from engine.subjects.moments import Enrolled, moment

TRAITS = (
    Trait(subject="customer", name="nickname", type=FactType.TEXT),
    Trait(subject="customer", name="boards", type=FactType.NUMBER),
    Trait(subject="customer", name="ratio", type=FactType.NUMBER),
    Trait(subject="customer", name="spent", type=FactType.MONEY),
    Trait(subject="customer", name="admin", type=FactType.BOOLEAN),
    Trait(subject="customer", name="trial_ends", type=FactType.DATE),
    Trait(subject="customer", name="seen", type=FactType.TIME),
    Trait(subject="customer", name="gone", type=FactType.TEXT),
    Trait(subject="account", name="boards", type=FactType.NUMBER),
)


def find(engine: sa.Engine, name: str) -> str:
    """Return the customer a name means."""
    with reading(engine) as connection:
        return subjects.find_customer(connection, name)


def test_a_customer_is_found_by_any_name(database: sa.Engine) -> None:
    """By id, by alias, and by address whatever its case."""
    add_customer(database, "ana")
    with writing(database) as connection:
        connection.execute(sa.insert(identity).values(alias="old-ana", customer_id="ana"))
    assert [find(database, name) for name in ("ana", "old-ana", "ANA@Example.com ")] == ["ana"] * 3


@pytest.mark.parametrize("stored", ["eva@bücher.example", "eva@xn--bcher-kva.example"])
@pytest.mark.parametrize("asked", ["Eva@BÜCHER.example", "eva@XN--bcher-kva.example"])
def test_a_domain_is_one_in_letters_and_as_it_goes_over_the_wire(database: sa.Engine, stored: str, asked: str) -> None:
    """Operators copy addresses from their pages as well as from the records of providers."""
    add_customer(database, "eva", email=stored)
    assert find(database, asked) == "eva"


def test_who_is_meant_must_be_clear(database: sa.Engine) -> None:
    """Nobody, and several with one address, are each one sentence."""
    for id_ in ("a1", "a2"):
        add_customer(database, id_, email="both@example.com")
    with pytest.raises(LifecycleError, match=r"several customers: a1, a2"):
        find(database, "both@example.com")
    with pytest.raises(LifecycleError, match="no customer"):
        find(database, "nobody")


def test_facts_have_their_types_and_missing_ones_are_left_out(database: sa.Engine) -> None:
    """Traits come back as declared; what is missing or not declared is not there."""
    add_customer(database, "ana", account_id="acme", signed_up_at=NOW)
    add_account(database, owners=["ana"], amount=4900, card_expires_on=date(2026, 3, 31))
    values: dict[str, dict[str, Any]] = {
        "nickname": {"text": "Ani", "key": "ani"},
        "boards": {"text": "7", "number": 7.0},
        "ratio": {"text": "0.5", "number": 0.5},
        "spent": {"text": "12", "number": 1200.0},
        "admin": {"text": "true", "number": 1.0},
        "trial_ends": {"text": "2026-03-09", "day": date(2026, 3, 9)},
        "seen": {"text": "x", "time": NOW, "day": date(2026, 3, 2)},
        "undeclared": {"text": "x", "key": "x"},
    }
    with writing(database) as connection:
        for name, columns in values.items():
            row = {"subject_type": "customer", "subject_id": "ana", "name": name, "changed_at": NOW, **columns}
            connection.execute(sa.insert(trait).values(**row))
    with reading(database) as connection:
        known = subjects.load(connection, ["ana", "nobody"], traits=TRAITS)
    assert set(known) == {"ana"}
    printed = subjects.context(known["ana"], zone="Europe/Stockholm")
    local = NOW.astimezone(ZoneInfo("Europe/Stockholm"))
    assert printed["customer"] == {
        "id": "ana",
        "email": "ana@example.com",
        "first_name": "Ana",
        "signed_up_at": local,
        "nickname": "Ani",
        "boards": 7,
        "ratio": 0.5,
        "spent": 1200,
        "admin": True,
        "trial_ends": date(2026, 3, 9),
        "seen": local,
    }
    assert str(printed["customer"]["seen"].tzinfo) == "Europe/Stockholm"
    assert printed["account"] == {
        "id": "acme",
        "name": "Blue Reef",
        "amount": 4900,
        "card_expires_on": date(2026, 3, 31),
    }


def test_any_change_of_a_fact_changes_the_fingerprint(database: sa.Engine) -> None:
    """Content is made from facts, and the fingerprint tells whether they are still the same."""
    add_customer(database, "ana", account_id="acme")
    add_account(database, owners=["ana"])
    prints = []
    for statement in ("SELECT 1", "UPDATE customer SET first_name = 'Anna'", "UPDATE account SET amount = 1"):
        with writing(database) as connection:
            connection.execute(sa.text(statement))
        with reading(database) as connection:
            prints.append(subjects.load(connection, ["ana"])["ana"].fingerprint)
    assert len(set(prints)) == 3


def test_the_fingerprint_is_the_same_in_whatever_order_facts_are_stored(database: sa.Engine) -> None:
    """Traits that were taken away and told again, the other way round, are the same facts."""
    add_customer(database, "ana")
    prints = []
    for names in (("nickname", "gone"), ("gone", "nickname")):
        rows = [{"subject_type": "customer", "subject_id": "ana", "name": name, "text": name} for name in names]
        with writing(database) as connection:
            connection.execute(sa.delete(trait))
            connection.execute(sa.insert(trait), [{**row, "key": row["text"], "changed_at": NOW} for row in rows])
        with reading(database) as connection:
            prints.append(subjects.load(connection, ["ana"], traits=TRAITS)["ana"].fingerprint)
    assert len(set(prints)) == 1


def told(rule: str, fact: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever the ledger holds)
    """Return what a rule's trigger adds for a reader in New York."""
    loaded = load({**FILES, "rules/it.yaml": f"topic: account\n{rule}\n"})
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    zone = "America/New_York"
    return moment(loaded.rules.rules["it"], Enrolled(**{"fact": fact, "now": NOW, "zone": zone, **more}))


SUBSCRIBED = "when: {every: %s, since: account.subscribed_on}\nsend: {on the day: welcome}"
NAMES: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "when: {date: account.card_expires_on}\nsend: {7 days before: welcome}",
        "2026-03-09",
        {},
        {"days_left": 7, "date": date(2026, 3, 9)},
    ),
    (
        "when: {date: account.card_expires_on}\nsend: {after 1 day: welcome}",
        "2026-03-01",
        {},
        {"days_left": 0, "date": date(2026, 3, 1)},
    ),
    (
        "when: {date: customer.signed_up_at}\nsend: {after 1 day: welcome}",
        "1772244000000000",
        {},
        {"days_left": 0, "date": date(2026, 2, 27)},
    ),
    (
        SUBSCRIBED % "year",
        "2026",
        {"since_at": datetime(2026, 2, 28, tzinfo=UTC), "started": date(2024, 2, 29)},
        {"years": 2, "date": date(2026, 2, 28)},
    ),
    (
        SUBSCRIBED % "month",
        "2026-02",
        {"since_at": datetime(2026, 2, 28, tzinfo=UTC), "started": date(2025, 12, 31)},
        {"months": 2, "date": date(2026, 2, 28)},
    ),
    (
        "when: {silent: any event}\nsend: {after 14 days: welcome}",
        "0",
        {"since_at": NOW - timedelta(days=14, hours=3)},
        {"days_silent": 14, "since": NOW - timedelta(days=14, hours=3)},
    ),
    (
        "when: {back after: 30 days}\nsend: {at once: welcome}",
        "0",
        {"since_at": NOW - timedelta(days=31, hours=3), "until_at": NOW},
        {"days_away": 31},
    ),
    (
        "when: {event: Signed Up}\nsend: {at once: welcome}",
        "e1",
        {"event": {"name": "Signed Up", "plan": "pro"}},
        {"event": {"name": "Signed Up", "plan": "pro"}},
    ),
)


@pytest.mark.parametrize(("rule", "fact", "ledger", "names"), NAMES)
def test_what_each_trigger_tells(rule: str, fact: str, ledger: dict[str, Any], names: dict[str, Any]) -> None:
    """Each trigger adds its own names, counted where the reader lives."""
    assert told(rule, fact, **ledger) == names
