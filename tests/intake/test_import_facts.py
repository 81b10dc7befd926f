"""Customers and accounts: only what really changed is written, and every change leaves its history."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from importing import Importer, shuffled

from engine.facts import FactType, Trait
from engine.hashing import address_hash
from engine.intake import Kind

TRAITS = (
    Trait(subject="customer", name="score", type=FactType.NUMBER),
    Trait(subject="customer", name="trial", type=FactType.BOOLEAN),
    Trait(subject="customer", name="spent", type=FactType.MONEY),
    Trait(subject="customer", name="born_on", type=FactType.DATE),
    Trait(subject="customer", name="paid_at", type=FactType.TIME),
    Trait(subject="customer", name="site", type=FactType.URL),
    Trait(subject="account", name="score", type=FactType.TEXT),
)
CUSTOMERS = """id,email,First Name,time_zone,locale,signed_up_at,colour
1,Ana@Example.test,Ana,europe/stockholm,sv,2026-01-05 23:30:00-02,Red
2,bob@example.com,,UTC,en_GB,,
3,,,,,,
"""


def history(importer: Importer, field: str) -> list[tuple[str | None, str | None]]:
    """The changes of one fact as (old, new), in the order of the times they held from."""
    rows = [row for row in importer.contents()["fact_change"] if row["field"] == field]
    return [(row["old"], row["new"]) for row in sorted(rows, key=lambda row: (row["at"], row["stamp"]))]


def customer(importer: Importer, id_: str = "1") -> dict[str, Any]:
    """One customer's row."""
    (row,) = (row for row in importer.contents()["customer"] if row["id"] == id_)
    return row


def trait(importer: Importer, name: str) -> dict[str, Any]:
    """One trait's row."""
    (row,) = (row for row in importer.contents()["trait"] if row["name"] == name)
    return row


def test_facts_are_stored_in_their_own_form_with_their_keys(importer: Importer) -> None:
    """Zones and languages get their own spelling, texts a key to compare by, instants their UTC day."""
    report = importer(Kind.CUSTOMERS, CUSTOMERS)
    assert (report.read, report.changed, report.rejected) == (3, 3, 0)
    row = customer(importer)
    assert (row["email"], row["email_key"], row["first_name_key"]) == ("Ana@example.test", "ana@example.test", "ana")
    assert (row["time_zone"], row["locale"]) == ("Europe/Stockholm", "sv")
    assert (row["signed_up_at"], row["signed_up_on"]) == (datetime(2026, 1, 6, 1, 30, tzinfo=UTC), date(2026, 1, 6))
    assert row["created_at"] == row["changed_at"] == importer.clock.at
    assert customer(importer, "2")["locale"] == "en-GB"
    assert {row["name"] for row in importer.contents()["zone"]} == {"Europe/Stockholm", "UTC"}
    assert trait(importer, "colour")["key"] == "red"


def test_importing_twice_and_in_another_order_changes_nothing(importer: Importer) -> None:
    """Not one row of any table differs."""
    importer(Kind.CUSTOMERS, CUSTOMERS)
    before = importer.contents()
    assert importer(Kind.CUSTOMERS, CUSTOMERS).changed == 0
    assert importer(Kind.CUSTOMERS, shuffled(CUSTOMERS, 1), batch=1).changed == 0
    assert importer.contents() == before


def test_the_first_value_is_a_change_from_nothing(importer: Importer) -> None:
    """Later ones are changes from what was before; each has the time it was learned."""
    importer(Kind.CUSTOMERS, "id,first_name\n1,Ana\n")
    importer(Kind.CUSTOMERS, "id,first_name\n1,Anna\n")
    assert history(importer, "first_name") == [(None, "Ana"), ("Ana", "Anna")]
    assert customer(importer)["changed_at"] == importer.clock.at


def test_an_empty_cell_leaves_a_fact_alone_and_a_marked_one_clears_it(importer: Importer) -> None:
    r"""Empty is not said; `\N` in CSV and null in JSONL say that there is none any more."""
    importer(Kind.CUSTOMERS, "id,first_name,last_name,colour\n1,Ana,Lind,red\n")
    importer(Kind.CUSTOMERS, "id,first_name,last_name,colour\n1,,\\N,\\N\n")
    row = customer(importer)
    assert (row["first_name"], row["last_name"], row["last_name_key"]) == ("Ana", None, None)
    importer(Kind.CUSTOMERS, json.dumps({"id": 1, "first_name": None, "last_name": ""}), name="rows.jsonl")
    assert customer(importer)["first_name"] is None
    assert history(importer, "colour") == [(None, "red"), ("red", None)]
    cleared = trait(importer, "colour")
    assert [cleared[name] for name in ("text", "key", "number", "time", "day")] == [None] * 5


def test_declared_traits_are_stored_by_their_type(importer: Importer) -> None:
    """Each type fills the columns it is compared by; undeclared columns are texts."""
    text = (
        "id,score,trial,spent,born_on,paid_at,site,other\n"
        "1,12.50,yes,9.99,1990-02-03,2026-01-05T10:00Z,https://a.test/X,007\n"
    )
    assert importer(Kind.CUSTOMERS, text, traits=TRAITS, currency="EUR").changed == 1
    found = {
        row["name"]: tuple(row[c] for c in ("text", "key", "number", "time", "day"))
        for row in importer.contents()["trait"]
    }
    paid = datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert found == {
        "score": ("12.5", None, 12.5, None, None),
        "trial": ("true", None, 1, None, None),
        "spent": ("999 minor", None, 999, None, None),
        "born_on": ("1990-02-03", None, None, None, date(1990, 2, 3)),
        "paid_at": ("2026-01-05T10:00:00Z", None, None, paid, paid.date()),
        "site": ("https://a.test/X", "https://a.test/x", None, None, None),
        "other": ("007", "007", None, None, None),
    }


def test_a_sum_in_minor_units_has_a_name_of_its_own(importer: Importer) -> None:
    """`amount_minor` and `NAME_minor` of a declared sum take whole minor units, without a currency."""
    importer(Kind.ACCOUNTS, "id,cents\na,1200\n", mapping={"cents": "amount_minor"})
    importer(Kind.CUSTOMERS, "id,spent_minor\n1,999\n", traits=TRAITS)
    assert importer.column("SELECT amount FROM account") == [1200]
    assert trait(importer, "spent")["number"] == 999


def test_a_trait_declared_after_it_was_stored_is_laid_out_anew(importer: Importer) -> None:
    """The same value, imported again, gets the columns of its type; it is no change of the fact."""
    importer(Kind.CUSTOMERS, "id,score\n1,12\n")
    assert importer(Kind.CUSTOMERS, "id,score\n1,12\n", traits=TRAITS).changed == 1
    assert (trait(importer, "score")["number"], trait(importer, "score")["changed_at"]) == (12, importer.clock.at)
    assert history(importer, "score") == [(None, "12")]


def test_a_trait_written_otherwise_is_the_same_value(importer: Importer) -> None:
    """`12.50` and `12.5` are one number."""
    importer(Kind.CUSTOMERS, "id,score\n1,12.50\n", traits=TRAITS)
    assert importer(Kind.CUSTOMERS, "id,score\n1,12.5\n", traits=TRAITS).changed == 0


def test_an_older_word_goes_into_the_history_and_leaves_the_fact(importer: Importer) -> None:
    """A fact is not overwritten by what held before it, in whatever order the two arrive."""
    importer(Kind.CUSTOMERS, "id,first_name,updated_at\n1,Anna,2026-03-01\n")
    changed_at = customer(importer)["changed_at"]
    old = "id,first_name,updated_at\n1,Ana,2026-01-01\n"
    assert importer(Kind.CUSTOMERS, old).changed == 1
    assert customer(importer)["first_name"] == "Anna"
    assert customer(importer)["changed_at"] == changed_at
    assert history(importer, "first_name") == [(None, "Ana"), (None, "Anna")]
    before = importer.contents()
    assert importer(Kind.CUSTOMERS, old).changed == 0
    assert importer.contents() == before


def test_a_file_of_changes_comes_to_the_same_in_any_order(importer: Importer) -> None:
    """Rows of one customer count in the order of their times, also where a value returns."""
    days = {"01": "a", "02": "b", "03": "a", "04": "c"}
    text = "id,plan,updated_at\n" + "".join(f"1,{plan},2026-01-{day}\n" for day, plan in days.items())
    importer(Kind.CUSTOMERS, shuffled(text, 4), batch=1)
    before = importer.contents()
    assert trait(importer, "plan")["text"] == "c"
    assert history(importer, "plan") == [(None, "a"), ("a", "b"), ("b", "a"), ("a", "c")]
    assert importer(Kind.CUSTOMERS, text).changed == 0
    assert importer.contents() == before


def test_rows_that_contradict_each_other_are_all_refused(importer: Importer) -> None:
    """Which of them is right cannot be told, and a file's order must not decide it."""
    text = "id,Name,plan\n1,Ana,x\n2,Bob,x\n1,Anna,x\n"
    report = importer(Kind.ACCOUNTS, text)
    assert (report.accepted, report.changed, report.rejected) == (1, 1, 2)
    assert importer.column("SELECT id FROM account") == ["2"]
    assert [line.split(",")[3:5] for line in importer.rejects.read_text().splitlines()[1:]] == [
        ["2", "Name"],
        ["4", "Name"],
    ]


def test_rows_that_agree_or_add_to_each_other_are_taken(importer: Importer) -> None:
    """The same customer twice is no mistake as long as nothing is said in two ways."""
    report = importer(Kind.CUSTOMERS, "id,first_name,last_name\n1,Ana,\n1,Ana,Lind\n1,Ana,Lind\n")
    assert (report.rejected, report.changed, report.unchanged) == (0, 2, 1)
    assert customer(importer)["last_name"] == "Lind"


def test_a_time_in_the_future_counts_as_now(importer: Importer) -> None:
    """What is said to hold from tomorrow holds from its arrival, so that it can still be overwritten."""
    importer(Kind.CUSTOMERS, "id,first_name,updated_at\n1,Ana,2031-01-01\n")
    importer(Kind.CUSTOMERS, "id,first_name\n1,Anna\n")
    assert customer(importer)["first_name"] == "Anna"


def test_two_changes_in_one_microsecond_leave_the_last(importer: Importer) -> None:
    """With a clock that stands still the history has one row, from the first value to the last."""
    importer(Kind.CUSTOMERS, "id,first_name\n1,Ana\n")
    importer.clock.at -= timedelta(hours=1)
    importer(Kind.CUSTOMERS, "id,first_name\n1,Anna\n")
    assert customer(importer)["first_name"] == "Anna"
    assert history(importer, "first_name") == [(None, "Anna")]


def test_an_address_that_is_left_is_locked(importer: Importer) -> None:
    """Whoever sends must wait for the change, so the row of the old address is there, and of no other."""
    importer(Kind.CUSTOMERS, "id,email\n1,old@a.test\n2,same@a.test\n", secret="key")
    importer(Kind.CUSTOMERS, "id,email\n1,new@a.test\n2,same@a.test\n", secret="key")
    assert importer.column("SELECT address_hash FROM recipient") == [address_hash("old@a.test", "key")]


def test_ids_that_are_addresses_are_hashed_where_that_is_allowed(importer: Importer) -> None:
    """The id is a keyed hash, the same in every file; the address itself is stored nowhere."""
    importer(Kind.CUSTOMERS, "id,first_name\nana@a.test,Ana\n", allow_address_ids=True, secret="key")
    events = "customer_id,at,name\nAna@A.test,2026-01-01,x\n"
    importer(Kind.EVENTS, events, allow_address_ids=True, secret="key")
    assert importer.column("SELECT id FROM customer") == [address_hash("ana@a.test", "key")]


@pytest.mark.parametrize(
    ("written", "stored"),
    [("2026-02", "2026-02-28"), ("03/26", "2026-03-31"), ("3/2028", "2028-03-31"), ("2028-02-15", "2028-02-29")],
)
def test_a_card_is_good_to_the_end_of_its_month(lite: Importer, written: str, stored: str) -> None:
    """However the month is written, its last day is stored."""
    lite(Kind.ACCOUNTS, f"id,card_expires_on\na,{written}\n")
    assert lite.column("SELECT card_expires_on FROM account") == [stored]


def test_all_facts_of_an_account_are_stored(importer: Importer) -> None:
    """Texts with keys, sums in minor units, days as days."""
    text = (
        "id,name,status,plan,amount,currency,subscribed_on,renews_on,renewals,seats,score\n"
        "a,Acme AB,Past Due,Pro,12.00,eur,2025-01-31,2026-01-31,1.0,5,x\n"
    )
    importer(Kind.ACCOUNTS, text, traits=TRAITS)
    (row,) = importer.contents()["account"]
    assert (row["status_key"], row["amount"], row["currency"], row["renewals"]) == ("past due", 1200, "EUR", 1)
    assert (row["subscribed_on"], row["renews_on"]) == (date(2025, 1, 31), date(2026, 1, 31))
    assert [row["subject_type"] for row in importer.contents()["trait"]] == ["account"]


def test_the_currency_of_the_import_is_that_of_rows_that_name_none(importer: Importer) -> None:
    """It goes into the account, so that the sum can be written out later."""
    importer(Kind.ACCOUNTS, "id,amount,currency\na,12.00,\nb,1200,JPY\n", currency="SEK")
    assert importer.column("SELECT currency FROM account ORDER BY id") == ["SEK", "JPY"]
    assert importer.column("SELECT amount FROM account ORDER BY id") == [1200, 1200]
