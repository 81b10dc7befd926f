"""Bad input: a file that cannot be is one sentence, a row that cannot be goes to the rejects and the others go in."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from importing import Importer

from engine.errors import UsageError
from engine.intake import Kind

GOOD = "customer_id,at,name\n"

FILES = [
    (b"", "is empty"),
    (b" \n\n", "is empty"),
    (b"\x1f\x8b\x08rest", "is compressed"),
    (b"PK\x03\x04rest", "is a spreadsheet"),
    (b"\xff\xfea\0", "is UTF-16"),
    (b"customer_id,at\0", "is not text"),
    ("customer_id,at,name\n1,2026-01-01,Kött\n".encode("latin-1"), r"is not UTF-8 \(line 2\)"),
    (b'[{"customer_id": 1}]', "is one JSON list"),
    (b"customer_id,at,at\n", "has the column `at` twice"),
    (b",,\n1,2,3\n", "has no header"),
    (b"user,at,name\n", "no column gives `customer_id`; say --map COLUMN=customer_id"),
    (b"customer_id,when,name\n", "no column gives `at`"),
    (b"customer_id,at\n", "nothing names the events; say --name"),
    (b"Customer ID,customer_id,at,name\n", "the columns `Customer ID` and `customer_id` both give `customer_id`"),
    (b'customer_id,at,name\n1,2026-01-01,"x\n1,2026-01-01,x\n', "line 2: .* quotation mark"),
]


@pytest.mark.parametrize(("content", "sentence"), FILES, ids=[sentence for _, sentence in FILES])
def test_a_file_that_cannot_be_is_one_sentence(lite: Importer, content: bytes, sentence: str) -> None:
    """Nothing is stored, and the sentence says what is wrong with the file."""
    with pytest.raises(UsageError, match=sentence) as raised:
        lite(Kind.EVENTS, content)
    assert "\n" not in str(raised.value)
    assert lite.column("SELECT count(*) FROM event") == [0]


@pytest.mark.parametrize(
    ("kind", "header", "options", "sentence"),
    [
        (Kind.EVENTS, "customer_id,at", {"mapping": {"costumer_id": "x"}}, "did you mean `customer_id`"),
        (Kind.EVENTS, "customer_id,at,what", {"mapping": {"what": "name"}, "event_name": "x"}, "given twice"),
        (Kind.CUSTOMERS, "customer_id,email", {}, "no column gives `id`"),
        (Kind.CUSTOMERS, "id,account_id", {}, "imported with `lifecycle import members`"),
        (Kind.CUSTOMERS, "id,last_seen_at", {}, "kept from the events"),
        (Kind.MEMBERS, "customer_id,account_id,rolle", {}, "no field `rolle` .* did you mean `role`"),
        (Kind.ACCOUNTS, "id,amount,amount_minor", {}, "both give `amount`"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_sentence(
    lite: Importer, kind: Kind, header: str, options: dict[str, Any], sentence: str
) -> None:
    """It names the column and what would be right."""
    with pytest.raises(UsageError, match=sentence):
        lite(kind, f"{header}\n", **options)


def test_no_file_and_a_folder_are_one_sentence(lite: Importer) -> None:
    """A path that leads to no file is said as it is."""
    with pytest.raises(UsageError, match="there is no such file"):
        lite(Kind.EVENTS, Path("/nowhere/x.csv"))
    with pytest.raises(UsageError, match="is a folder"):
        lite(Kind.EVENTS, lite.folder)


def test_a_file_is_not_overwritten_by_its_own_rejects(lite: Importer) -> None:
    """Naming the input as the rejects file is refused before anything is read."""
    with pytest.raises(UsageError, match="would be overwritten"):
        lite(Kind.EVENTS, GOOD, name="rejects.out")


ROWS = [
    ("1,2026-13-01,x", "at", "is not a time such as 2026-03-15T09:30:00Z, 2026-03-15 09:30 or 2026-03-15"),
    (",2026-01-01,x", "customer_id", "is missing"),
    ("1,2026-01-01,", "name", "is missing"),
    ("1,2026-01-01", "", "the row has 2 cells, the header 3"),
    ("1,2026-01-01,x,y", "", "the row has 4 cells, the header 3"),
    ("1,2026-01-01,a\0b", "name", "contains a NUL character"),
    (f"1,never,{'x' * 201}", "at; name", "at is not a time"),
]


@pytest.mark.parametrize(("row", "column", "reason"), ROWS, ids=[column + reason for _, column, reason in ROWS])
def test_a_bad_row_is_rejected_and_the_good_ones_go_in(lite: Importer, row: str, column: str, reason: str) -> None:
    """The rejects file has the row as it was, its line, the columns at fault and the reasons."""
    filler = "".join(f"9,2026-01-01,{n}\n" for n in range(9_000))
    report = lite(Kind.EVENTS, f"{GOOD}1,2026-01-01,x\n{filler}{row}\n2,2026-01-01,x\n")
    assert (report.accepted, report.rejected, report.rejects_path) == (9_002, 1, lite.rejects)
    (rejected,) = lite.rejected()
    assert (rejected["row"], rejected["column"]) == ("9003", column)
    assert rejected["reason"].startswith(reason)
    assert rejected["customer_id"] == row.split(",", 1)[0]
    assert rejected.get(None) == (["y"] if row.endswith(",y") else None)


def test_a_byte_that_is_no_text_is_found_late_in_a_file(importer: Importer) -> None:
    """Beyond what is looked at first, such a row is rejected, byte for byte."""
    filler = b"".join(b"9,2026-01-01,%d\n" % n for n in range(9_000))
    report = importer(Kind.EVENTS, GOOD.encode() + filler + b"1,2026-01-01,K\xf6tt\n")
    assert (report.accepted, report.rejected) == (9_000, 1)
    assert b"K\xf6tt" in importer.rejects.read_bytes()


def test_jsonl_without_an_object_is_one_sentence(lite: Importer) -> None:
    """Lines that say nothing have no columns."""
    with pytest.raises(UsageError, match="holds no JSON objects"):
        lite(Kind.EVENTS, "{}\n{}\n", name="rows.jsonl")


def test_rejects_are_private_and_only_made_when_needed(lite: Importer) -> None:
    """They hold personal data, so nobody else may read them."""
    assert lite(Kind.EVENTS, GOOD + "1,2026-01-01,x\n").rejects_path is None
    assert not lite.rejects.exists()
    lite(Kind.EVENTS, GOOD + "1,never,x\n")
    assert stat.S_IMODE(lite.rejects.stat().st_mode) == 0o600


def test_mended_rejects_are_imported_as_they_are(lite: Importer) -> None:
    """The columns that were added are left out, and rejected again they are not added twice."""
    lite(Kind.EVENTS, GOOD + "1,never,x\n2,never,x\n")
    mended = lite.rejects.read_text().replace("1,never", "1,2026-01-01")
    report = lite(Kind.EVENTS, mended)
    assert (report.changed, report.rejected) == (1, 1)
    assert lite.rejects.read_text().splitlines()[0] == "customer_id,at,name,row,column,reason"
    assert lite.column("SELECT properties FROM event") == [None]


def test_columns_named_like_the_added_ones_are_kept_apart(lite: Importer) -> None:
    """A property `reason` of the product stays what it is."""
    lite(Kind.EVENTS, "customer_id,at,name,reason\n1,never,x,why\n")
    (rejected,) = lite.rejected()
    assert (rejected["reason"], rejected["rejected_column"]) == ("why", "at")


def test_rejects_of_jsonl_are_jsonl(lite: Importer) -> None:
    """Each is its object with row, column and reason; a line that is none is kept as text. Mended, they go in."""
    lines = ['{"customer_id": 1, "at": "never", "name": "x"}', "not json", "[1]", '{"customer_id": NaN}']
    lite(Kind.EVENTS, "\n".join(lines), name="rows.jsonl")
    found = [json.loads(line) for line in lite.rejects.read_text().splitlines()]
    assert found[0] | {"reason": ""} == {**json.loads(lines[0]), "row": 1, "column": "at", "reason": ""}
    assert [(row["line"], row["reason"]) for row in found[1:]] == [
        ("not json", "the line is not JSON"),
        ("[1]", "the line is not a JSON object"),
        ('{"customer_id": NaN}', "the line is not JSON"),
    ]
    mended = lite.rejects.read_text().splitlines()[0].replace("never", "2026-01-01")
    assert lite(Kind.EVENTS, mended, name="rows.jsonl").changed == 1
    assert lite.column("SELECT properties FROM event") == [None]
