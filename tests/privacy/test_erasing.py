"""Erasing a customer: nothing personal stays, nothing comes back, and the ledger goes on to be true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from importing import Importer
from sending import HOUR, NOW, a_claimer, add_customer, answer, claim, enroll, messages, queue, statuses
from someone import ADDRESS, ALIAS, HASH, ID, MARKS, SECRET, an_app, move_in
from sqlmodel import SQLModel

from engine import outbox, privacy
from engine.app import erasing
from engine.db import connect, reading
from engine.errors import LifecycleError
from engine.hashing import address_hash
from engine.intake import Kind
from engine.models import tables as t
from engine.providers import Outcome


def erase(database: sa.Engine, folder: Path, name: str = ID, **settings: object) -> erasing.Erasure:
    """Erase a customer from beginning to end."""
    app = an_app(database, folder, **settings)
    return erasing.erase(app, erasing.plan(app, name))


def dump(database: sa.Engine) -> str:
    """Return all rows of all tables as one text, in lower case."""
    with reading(database) as connection:
        rows = [str(list(connection.execute(sa.select(table)))) for table in SQLModel.metadata.tables.values()]
    return "\n".join(rows).lower()


def only(database: sa.Engine, chosen: sa.Select[Any]) -> list[Any]:
    """Return the first column of a query."""
    with reading(database) as connection:
        return list(connection.scalars(chosen))


@pytest.mark.parametrize("name", [ID, ALIAS, ADDRESS])
def test_no_row_names_an_erased_customer(database: sa.Engine, tmp_path: Path, name: str) -> None:
    """By id, by another name or by address: afterwards no table holds a trace of any of them."""
    move_in(database)
    assert [mark for mark in MARKS if mark.lower() not in dump(database)] == []
    assert erase(database, tmp_path, name).problem is None
    assert [mark for mark in MARKS if mark.lower() in dump(database)] == []


def test_no_byte_of_an_erased_customer_stays_in_the_files(sqlite_template: Path, tmp_path: Path) -> None:
    """SQLite's file, its log and its shared memory hold nothing of the customer."""
    path = tmp_path / "lifecycle.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = connect(f"sqlite:///{path}")
    move_in(database)
    assert traces(tmp_path) != []
    assert erase(database, tmp_path).problem is None
    assert traces(tmp_path) == []
    database.dispose()
    assert traces(tmp_path) == []


def traces(folder: Path) -> list[tuple[str, str]]:
    """Return which marks stand in which of the database's files."""
    files = {path.name: path.read_bytes().lower() for path in folder.glob("lifecycle.db*")}
    return [(name, mark) for name, said in files.items() for mark in MARKS if mark.lower().encode() in said]


STEPS = ["begun", "swept in part", "settled"]


@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_was_stopped_goes_on(sqlite_template: Path, tmp_path: Path, step: str) -> None:
    """Wherever it is stopped, no mail leaves from then on, and erasing again leaves no byte."""
    path = tmp_path / "lifecycle.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = connect(f"sqlite:///{path}")
    move_in(database)
    left = privacy.begin(database, ID, secret=SECRET, provider=None, now=NOW, actor="op")
    if step == "swept in part":
        next(iter(privacy.sweep(database, left.names, at_once=1)))
    if step == "settled":
        list(privacy.sweep(database, left.names))
        privacy.settle(database, left, now=NOW)
    database.dispose()
    assert claim(database) == ()
    app = an_app(database, tmp_path)
    if step == "settled":
        privacy.vacuum(database, now=NOW)
    else:
        assert erasing.erase(app, erasing.plan(app, ADDRESS)).problem is None
    assert traces(tmp_path) == []


def test_what_waits_ends_as_skipped_and_what_was_sent_stays_sent(database: sa.Engine, tmp_path: Path) -> None:
    """The ledger keeps one row a decision and a mail, under the hash; every decision has its message."""
    move_in(database)
    erase(database, tmp_path)
    assert statuses(database) == {"sent": 1, "skipped": 2}
    assert {row["reason"] for row in messages(database) if row["status"] == "skipped"} == {"erased"}
    assert {(row["subject_id"], row["recipient_id"]) for row in messages(database) if row["status"] == "sent"} == {
        (HASH, HASH)
    }
    assert set(only(database, sa.select(t.enrollment.c.subject_id))) == {HASH}
    assert len(set(only(database, sa.select(t.enrollment.c.rule)))) == 3
    queue(database)
    assert statuses(database) == {"sent": 1, "skipped": 2}


def test_nobody_leaves_between_rendering_and_claim(database: sa.Engine, tmp_path: Path) -> None:
    """A mail that was rendered when the erasure committed is not claimed after it."""
    add_customer(database)
    add_customer(database, "bob")
    for who in ("ana", "bob"):
        _enrolled(database, who)
    prepared = outbox.prepare(database, a_claimer(), now=NOW)
    assert len(prepared.candidates) == 2
    erase(database, tmp_path, "ana")
    claimed = outbox.claim(database, a_claimer(), prepared.candidates, room=10, now=NOW)
    assert [each.envelope.recipient.address for each in claimed.outgoing] == ["bob@example.com"]


def _enrolled(database: sa.Engine, who: str) -> None:
    enroll(database, who)
    queue(database)


def test_a_request_under_way_that_was_not_sent_is_not_tried_again(database: sa.Engine, tmp_path: Path) -> None:
    """It is settled by its send id, and ends as skipped when its turn would come."""
    add_customer(database)
    _enrolled(database, "ana")
    outgoing = claim(database)
    erase(database, tmp_path, "ana")
    answer(database, outgoing, Outcome.NOT_SENT)
    assert claim(database, now=NOW + HOUR) == ()
    assert [(row["status"], row["reason"]) for row in messages(database)] == [("skipped", "erased")]


def test_a_no_outlives_the_customer(database: sa.Engine, tmp_path: Path) -> None:
    """The address is suppressed by its hash, without itself: as before, and for topics that were said no to."""
    move_in(database)
    erase(database, tmp_path)
    key = address_hash(ADDRESS, SECRET)
    chosen = sa.select(t.suppression.c.scope).where(t.suppression.c.address_hash == key)
    assert sorted(only(database, chosen)) == ["offers", "tips"]
    assert set(only(database, sa.select(t.suppression.c.address))) == {None}


IMPORTS = [
    (Kind.CUSTOMERS, "id,first_name\n{},Again\nbob,Bob\n"),
    (Kind.EVENTS, "customer_id,at,name\n{},2026-01-01,Logged In\nbob,2026-01-01,Logged In\n"),
    (Kind.MEMBERS, "customer_id,account_id\n{},acme\nbob,acme\n"),
]


@pytest.mark.parametrize("name", [ID, ALIAS])
@pytest.mark.parametrize(("kind", "content"), IMPORTS, ids=[kind for kind, *_ in IMPORTS])
def test_nothing_recreates_an_erased_customer(
    database: sa.Engine, tmp_path: Path, name: str, kind: Kind, content: str
) -> None:
    """Rows of an erased id or alias are refused by their number, without being copied; the others go in."""
    move_in(database)
    erase(database, tmp_path)
    importer = Importer(database, tmp_path)
    report = importer(kind, content.format(name), secret=SECRET)
    assert (report.accepted, report.rejected) == (1, 1)
    assert only(database, sa.select(t.customer.c.id)) == ["bob"]
    (refused,) = importer.rejected()
    assert (refused["row"], "was erased" in str(refused["reason"])) == ("2", True)
    assert name not in importer.rejects.read_text()


def test_jsonl_rows_of_an_erased_customer_are_not_copied_either(database: sa.Engine, tmp_path: Path) -> None:
    """The rejects file has the row's number and the reason alone."""
    move_in(database)
    erase(database, tmp_path)
    importer = Importer(database, tmp_path)
    importer(Kind.CUSTOMERS, f'{{"id": "{ID}", "first_name": "Again"}}\n', name="rows.jsonl", secret=SECRET)
    assert set(importer.rejects.read_text().split('"')[1::2]) >= {"row", "reason"}
    assert ID not in importer.rejects.read_text()


def test_who_was_erased_is_said(database: sa.Engine, tmp_path: Path) -> None:
    """Asking for an erased id says that and when it was erased, not that nobody has it."""
    move_in(database)
    erase(database, tmp_path)
    with pytest.raises(LifecycleError, match=f"{ID} was erased on 2026-03-02"):
        erasing.plan(an_app(database, tmp_path), ID)
    with pytest.raises(LifecycleError, match="no customer has the id or the address"):
        erasing.plan(an_app(database, tmp_path), ID.upper())


def test_an_erasure_is_in_the_audit_without_a_name(database: sa.Engine, tmp_path: Path) -> None:
    """Who erased and when is kept; whom, only as a hash."""
    move_in(database)
    erase(database, tmp_path)
    chosen = sa.select(t.audit.c.detail).where(t.audit.c.action == "erase customer")
    assert only(database, chosen) == [{"id_hash": HASH}]


def test_many_events_go_in_batches(database: sa.Engine, tmp_path: Path) -> None:
    """A customer of many events is swept in transactions of a bounded size."""
    importer = Importer(database, tmp_path)
    rows = "".join(f"{ID},2026-01-01T00:00:{n % 60:02},Logged In {n}\n" for n in range(250))
    importer(Kind.EVENTS, "customer_id,at,name\n" + rows)
    left = privacy.begin(database, ID, secret=SECRET, provider=None, now=NOW, actor="op")
    took = list(privacy.sweep(database, left.names, at_once=100))
    assert took[:3] == [100, 100, 50]
    assert max(took) == 100
    assert only(database, sa.select(sa.func.count()).select_from(t.event)) == [0]


def test_mails_written_to_files_go_too(database: sa.Engine, tmp_path: Path) -> None:
    """The provider `files` names the recipient in the name of a file; those of others stay."""
    add_customer(database)
    folder = tmp_path / "outbox"
    folder.mkdir()
    names = ["2026-03-02T12-00 welcome ana@example.com.eml", "2026-03-02T12-00 welcome Ana@Example.com 1a2b3c4d.eml"]
    others = ["2026-03-02T12-00 welcome joana@example.com.eml", "ana@example.com.eml"]
    for name in (*names, *others):
        (folder / name).touch()
    assert len(erasing.plan(an_app(database, tmp_path), "ana").files) == 2
    erase(database, tmp_path, "ana")
    assert sorted(path.name for path in folder.iterdir()) == sorted(others)


def test_an_address_is_erased_in_each_of_its_spellings(database: sa.Engine, tmp_path: Path) -> None:
    """Files are named, and SendGrid is told, by the domain that went over the wire, not by its letters alone."""
    add_customer(database, "bea", email="bea@bücher.example")
    folder = tmp_path / "outbox"
    folder.mkdir()
    (folder / "2026-03-02T12-00 welcome bea@xn--bcher-kva.example.eml").touch()
    planned = erasing.plan(an_app(database, tmp_path), "bea")
    assert planned.names == ("bea@bücher.example", "bea@xn--bcher-kva.example")
    erase(database, tmp_path, "bea")
    assert list(folder.iterdir()) == []
