"""Members: roles, ends that leave a trace, and the one account of each customer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from importing import Importer, shuffled

from engine.intake import Kind

MEMBERS = "customer_id,account_id,role\n1,b,Owner\n1,a,member\n2,b,\n3,c,billing\n"


def accounts(importer: Importer) -> dict[str, str | None]:
    """Each customer's one account."""
    return {row["id"]: row["account_id"] for row in importer.contents()["customer"]}


def live(importer: Importer) -> set[tuple[str, str, str]]:
    """The memberships that last."""
    rows = [row for row in importer.contents()["account_member"] if row["removed_at"] is None]
    return {(row["customer_id"], row["account_id"], row["role_key"]) for row in rows}


def test_members_make_their_customers_and_accounts(importer: Importer) -> None:
    """Who is named only here exists, and belongs to the lowest of their accounts."""
    assert importer(Kind.MEMBERS, MEMBERS).changed == 4
    assert accounts(importer) == {"1": "a", "2": "b", "3": "c"}
    assert importer.column("SELECT id FROM account ORDER BY id") == ["a", "b", "c"]
    assert ("2", "b", "member") in live(importer)


def test_importing_twice_and_in_another_order_changes_nothing(importer: Importer) -> None:
    """Not one row of any table differs."""
    importer(Kind.MEMBERS, MEMBERS)
    before = importer.contents()
    assert importer(Kind.MEMBERS, shuffled(MEMBERS, 2), batch=1).changed == 0
    assert importer.contents() == before


@pytest.mark.parametrize("how", ["removed\n1,a,member,true", "removed_at\n1,a,member,2026-02-03"])
def test_who_leaves_moves_to_the_next_account_and_leaves_a_trace(importer: Importer, how: str) -> None:
    """The end is a tombstone; the customer's account, its stamp and its history follow."""
    importer(Kind.MEMBERS, MEMBERS)
    left = f"customer_id,account_id,role,{how}\n"
    assert importer(Kind.MEMBERS, left).changed == 1
    assert accounts(importer)["1"] == "b"
    (gone,) = (row for row in importer.contents()["account_member"] if row["removed_at"])
    said = datetime(2026, 2, 3, tzinfo=UTC) if "removed_at" in how else importer.clock.at
    assert (gone["account_id"], gone["removed_at"], gone["changed_at"]) == ("a", said, importer.clock.at)
    moves = [(row["old"], row["new"]) for row in importer.contents()["fact_change"] if row["subject_id"] == "1"]
    assert sorted(moves, key=repr) == [("a", "b"), (None, "a")]
    before = importer.contents()
    assert importer(Kind.MEMBERS, left).changed == 0
    assert importer.contents() == before


def test_who_comes_back_is_live_again(importer: Importer) -> None:
    """The tombstone goes, and the account is theirs again."""
    importer(Kind.MEMBERS, "customer_id,account_id,removed\n1,a,yes\n")
    assert accounts(importer) == {"1": None}
    assert importer(Kind.MEMBERS, "customer_id,account_id\n1,a\n").changed == 1
    assert accounts(importer) == {"1": "a"}
    assert live(importer) == {("1", "a", "member")}


def test_several_rows_on_one_membership_come_to_one(importer: Importer) -> None:
    """A live one wins over ended ones, else the latest end holds, whatever the order of the lines."""
    text = (
        "customer_id,account_id,role,removed_at\n"
        "1,a,owner,2026-01-01\n1,a,Owner,\n1,a,owner,2026-02-01\n"
        "2,a,owner,2026-01-01\n2,a,owner,2026-03-01\n2,a,owner,2026-02-01\n"
    )
    importer(Kind.MEMBERS, text)
    before = importer.contents()
    assert live(importer) == {("1", "a", "owner")}
    ends = [row["removed_at"] for row in before["account_member"] if row["removed_at"]]
    assert ends == [datetime(2026, 3, 1, tzinfo=UTC)]
    for seed in range(3):
        assert importer(Kind.MEMBERS, shuffled(text, seed)).changed == 0
    assert importer.contents() == before


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,,owner,,", "account_id", "is missing"),
        ("1,a,owner,2031-01-01,", "removed_at", "lies in the future; say it when it has happened"),
        ("1,a,owner,2026-01-01,no", "removed_at", "says when the person left, and `removed` that they did not"),
        ("1,a,owner,,perhaps", "removed", "is not true or false"),
    ],
)
def test_a_membership_that_cannot_be_is_refused(lite: Importer, row: str, column: str, reason: str) -> None:
    """The row goes to the rejects with the reason."""
    report = lite(Kind.MEMBERS, f"customer_id,account_id,role,removed_at,removed\n{row}\n")
    assert report.rejected == 1
    (rejected,) = lite.rejected()
    assert (rejected["row"], rejected["column"], rejected["reason"]) == ("2", column, reason)
