"""Consents and suppressions from elsewhere: what was said last holds, once, in any order."""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa
from importing import Importer, shuffled

from engine import consent
from engine.db import reading
from engine.hashing import address_hash, id_hash
from engine.intake import ImportReport, Kind
from engine.models.tables import erased

SECRET = "a secret of tests"
PEOPLE = "id,email\nana,ana@x.test\nbob,bob@x.test\nno-mail,\n"
HEAD = "customer_id,topic,state,at,source,wording\n"
SAID = HEAD + (
    'ana,tips,yes,2026-01-05 10:00,sign-up form,"Send me tips, please"\n'
    "ana,tips,no,2026-03-01,call,\n"
    "ana,news,no,2026-01-05,call,\n"
    "ana,news,yes,2026-02-05,call,\n"
    "bob,*marketing,no,2026-02-05T10:00:00Z,letter,\n"
    "no-mail,tips,no,2026-02-05,,\n"
    "nobody,tips,yes,2026-02-05,,\n"
)


@pytest.fixture
def take(importer: Importer) -> partial[ImportReport]:
    """Take in a file where three customers are known, for two topics."""
    importer(Kind.CUSTOMERS, PEOPLE)
    return partial(importer, secret=SECRET, topics=frozenset({"tips", "news"}))


def answers(importer: Importer) -> dict[str, str | None]:
    """Return what each said to tips last, by what the log means."""
    ids = ["ana", "bob", "no-mail", "nobody"]
    with reading(importer.database) as connection:
        found = consent.answers_of(connection, ids)
    return {id_: found[id_].to("tips") for id_ in ids if id_ in found}


def scopes(importer: Importer) -> set[tuple[str, str]]:
    """Return whose address is suppressed for what."""
    names = {address_hash(f"{name}@x.test", SECRET): name for name in ("ana", "bob", "old")}
    return {(names[row["address_hash"]], row["scope"]) for row in importer.contents()["suppression"]}


def test_what_was_said_last_holds(importer: Importer, take: partial[ImportReport]) -> None:
    """Each line stands in the log with its time, source and wording; the last word suppresses, or does not."""
    report = take(Kind.CONSENTS, SAID)
    assert (report.changed, report.rejected) == (7, 0)
    assert answers(importer) == {"ana": "no", "bob": "no", "no-mail": "no", "nobody": "yes"}
    assert scopes(importer) == {("ana", "tips"), ("bob", "*marketing")}
    wordings = importer.column("SELECT wording FROM consent WHERE source = 'sign-up form'")
    assert wordings == ["Send me tips, please"]
    assert set(importer.column("SELECT source FROM consent WHERE customer_id = 'nobody'")) == {"import"}


@pytest.mark.parametrize("seed", range(3))
def test_twice_and_in_another_order_is_the_same(importer: Importer, take: partial[ImportReport], seed: int) -> None:
    """Not one row differs, and whom a batch ends with does not matter."""
    take(Kind.CONSENTS, shuffled(SAID, seed), batch=2)
    log, kept = importer.contents()["consent"], scopes(importer)
    assert len(log) == 7
    assert kept == {("ana", "tips"), ("bob", "*marketing")}
    assert take(Kind.CONSENTS, shuffled(SAID, seed + 1)).changed == 0
    assert (importer.contents()["consent"], scopes(importer)) == (log, kept)


def test_history_does_not_undo_what_was_said_since(importer: Importer, take: partial[ImportReport]) -> None:
    """An old yes that comes in after a no is written down, and nobody is written to again."""
    take(Kind.CONSENTS, HEAD + "ana,tips,no,2026-03-01,,\n")
    assert take(Kind.CONSENTS, HEAD + "ana,tips,yes,2026-02-01,,\n").changed == 1
    assert (answers(importer)["ana"], scopes(importer)) == ("no", {("ana", "tips")})
    take(Kind.CONSENTS, HEAD + "ana,tips,yes,2026-04-01,,\n")
    assert (answers(importer)["ana"], scopes(importer)) == ("yes", set())


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("ana,tipps,no,2026-01-01,,", "topic", "is no marketing topic; did you mean `tips`?"),
        ("ana,account,no,2026-01-01,,", "topic", "is no marketing topic; there is news, tips"),
        ("ana,*,no,2026-01-01,,", "topic", "is no marketing topic; there is news, tips"),
        ("ana,tips,maybe,2026-01-01,,", "state", "is neither yes nor no"),
        ("ana,tips,yes,,,", "at", "is missing"),
        ("ana,tips,yes,2030-01-01,,", "at", "lies in the future"),
        ("ana@x.test,tips,yes,2026-01-01,,", "customer_id", "looks like an address"),
    ],
)
def test_a_bad_consent_is_rejected_with_its_place(
    importer: Importer, take: partial[ImportReport], row: str, column: str, reason: str
) -> None:
    """The rest goes in; the reject says what would be right."""
    report = take(Kind.CONSENTS, f"{HEAD}{row}\nbob,tips,no,2026-01-01,,\n")
    assert (report.rejected, report.changed) == (1, 1)
    (rejected,) = importer.rejected()
    assert (rejected["row"], rejected["column"]) == ("2", column)
    assert rejected["reason"].startswith(reason)


ADDRESSES = "address,topic,reason,at\nOld@x.test,,hard bounce,2025-01-01\nbob@x.test,tips,asked,\nana@x.test,,,\n"


def test_addresses_are_suppressed(importer: Importer, take: partial[ImportReport]) -> None:
    """Of all mail or of a topic, with a reason and since when; importing again changes nothing."""
    assert take(Kind.SUPPRESSIONS, ADDRESSES).changed == 3
    assert scopes(importer) == {("old", "*"), ("bob", "tips"), ("ana", "*")}
    rows = {row["address"]: (row["reason"], row["source"]) for row in importer.contents()["suppression"]}
    assert rows == {
        "Old@x.test": ("hard bounce", "import"),
        "bob@x.test": ("asked", "import"),
        "ana@x.test": ("imported", "import"),
    }
    before = importer.contents()
    assert take(Kind.SUPPRESSIONS, shuffled(ADDRESSES, 1), batch=1).changed == 0
    assert importer.contents() == before
    assert len([row for row in before["audit"] if row["action"] == "suppress"]) == 3


def test_a_bad_address_does_not_keep_back_the_others(importer: Importer, take: partial[ImportReport]) -> None:
    """It is rejected with its row and column; a line twice counts once."""
    report = take(Kind.SUPPRESSIONS, "address,topic\nana,\nana@x.test,\nANA@x.test,\nbob@x.test,account\n")
    assert (report.rejected, report.changed, report.unchanged) == (2, 1, 1)
    assert [row["column"] for row in importer.rejected()] == ["address", "topic"]
    assert scopes(importer) == {("ana", "*")}


def test_a_yes_does_not_lift_an_imported_suppression(importer: Importer, take: partial[ImportReport]) -> None:
    """It was no word of the customer's that set it."""
    take(Kind.SUPPRESSIONS, "address,topic\nana@x.test,tips\n")
    take(Kind.CONSENTS, HEAD + "ana,tips,yes,2026-01-01,,\n")
    assert scopes(importer) == {("ana", "tips")}


def test_an_erased_customer_is_not_learned_again(importer: Importer, take: partial[ImportReport]) -> None:
    """Their rows are rejected without their cells, and the log has nothing of them."""
    with importer.database.begin() as connection:
        connection.execute(sa.insert(erased).values(id_hash=id_hash("gone", SECRET), at=importer.clock.at))
    report = take(Kind.CONSENTS, HEAD + "gone,tips,yes,2026-01-01,call,Yes please\nbob,tips,no,2026-01-01,,\n")
    assert (report.rejected, report.changed) == (1, 1)
    assert importer.column("SELECT customer_id FROM consent") == ["bob"]
    assert "gone" not in importer.rejects.read_text()
    assert "Yes please" not in importer.rejects.read_text()
