"""The demo's company is invented the same way each time, and believable."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from engine.demo.company import invent

NOWS = [datetime(2026, 11, 21, 23, tzinfo=UTC), datetime(2028, 2, 29, 0, 5, tzinfo=UTC)]


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_the_same_instant_gives_the_same_company(now: datetime) -> None:
    """Somebody who runs the demo again sees the same people."""
    assert invent(now) == invent(now)


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_nothing_happens_after_now_and_something_just_before(now: datetime) -> None:
    """The year ends at `now`, and within the last hour somebody did something."""
    happened = sorted(datetime.fromisoformat(str(row["at"])) for row in invent(now).events)
    assert happened[-1] <= now
    assert (now - happened[-1]).total_seconds() < 3600
    assert (now - happened[0]).days > 300


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_everybody_has_an_address_of_their_own_and_an_account(now: datetime) -> None:
    """Some hundreds of people, none of whom any mail could reach for real."""
    company = invent(now)
    addresses = Counter(str(row["email"]) for row in company.customers)
    assert len(addresses) == len(company.customers) > 300
    assert all(address.endswith(".test") for address in addresses)
    accounts = {row["id"] for row in company.accounts}
    assert {row["account_id"] for row in company.members} == accounts
    assert {row["customer_id"] for row in company.members} == {row["id"] for row in company.customers}
