"""Poison in files: the same rows are taken and the same reasons given on both databases, and good rows go on."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.db import reading
from engine.models.tables import account, customer, event, trait

TYPES = {"points": "number", "paid": "money", "born": "date", "seen": "time", "vip": "boolean", "site": "url"}
MEGABYTE = "x" * 1_000_000
DEEP = "[" * 900 + "]" * 900
NOT_A_NUMBER = "is not a number such as 1200 or 12.5 (a decimal point, no separators)"
NOT_A_DATE = "is not a date such as 2026-03-15"
CANNOT_HOLD = "is not a number the engine can hold"
TOO_LONG = "is longer than 10,000 characters"

CELLS: list[tuple[str, object, str]] = [
    ("points", "N/A", NOT_A_NUMBER),
    ("points", "1e400", CANNOT_HOLD),
    ("points", "1e999999999", NOT_A_NUMBER),
    ("points", "NaN", NOT_A_NUMBER),
    ("points", "sNaN", NOT_A_NUMBER),
    ("points", "-Infinity", NOT_A_NUMBER),
    ("points", 10**30, CANNOT_HOLD),
    ("points", "١٢", NOT_A_NUMBER),
    ("points", "1_000", NOT_A_NUMBER),
    ("points", "1,000", NOT_A_NUMBER),
    ("points", "", ""),
    ("points", "-0", ""),
    ("points", "1e-400", ""),
    ("paid", "1e-999999", "has more decimals than EUR"),
    ("paid", "١٢", NOT_A_NUMBER),
    ("born", "2026-02-30", NOT_A_DATE),
    ("born", "0000-01-01", NOT_A_DATE),
    ("born", "0001-01-01", "is not between 1900 and 2999"),
    ("born", "9999-12-31", "is not between 1900 and 2999"),
    ("born", "\u0662\u0660\u0662\u0666-01-01", NOT_A_DATE),
    ("seen", "2026-01-01T00:00+25:00", "is not a time such as"),
    ("seen", "9999-12-31T23:59:59-23:59", "is not between 1900 and 2999"),
    ("seen", "2026-01-01T00:00:60Z", "is not a time such as"),
    ("seen", 1e10, "is not a time written as text"),
    ("vip", "maybe", "is not true or false"),
    ("vip", "\uff59es", "is not true or false"),
    ("site", "javascript:alert(1)", "is not a web address"),
    ("nick", MEGABYTE, TOO_LONG),
    ("nick", "a\0b", "contains a NUL character"),
    ("nick", "\ud800", "is not UTF-8 text"),
    ("nick", "İstanbul \u0131i ß ẞ e\u0301 😀 \u202eRTL\u202c '\"%_*?\\", ""),
    ("nick", ["a\0"], ""),
    ("first_name", MEGABYTE, TOO_LONG),
    ("first_name", {"a": 1}, "is a list or an object where a text belongs"),
    ("email", "ana@\0x.test", "contains a NUL character"),
    ("email", f"{'a' * 900}@x.test", "is longer than 400 characters"),
    ("time_zone", "Mars/Olympus", "is not a time zone"),
    ("updated_at", "soon", "is not a time such as"),
]


def label(value: object) -> str:
    """A short name for a test."""
    return ascii(value)[:24]


@pytest.fixture
def declared(workspace: Path) -> Path:
    """A workspace that declares a trait of each type."""
    (workspace / "rules" / "traits.yaml").write_text(json.dumps({"customer": {**TYPES, "nick": "text"}}))
    return workspace


def rejected(path: Path) -> list[dict[str, object]]:
    """The rows of a JSONL rejects file."""
    return [json.loads(line) for line in path.read_text(errors="surrogateescape").splitlines()]


def test_each_cell_is_taken_or_refused_with_the_same_words(
    lifecycle: Lifecycle, declared: Path, tmp_path: Path, database: sa.Engine
) -> None:
    """All at once: every refused row is named by line and column, and every good one goes in."""
    rows = [{"id": f"c{n:03}", column: value} for n, (column, value, _) in enumerate(CELLS)]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = lifecycle("import", "customers", str(tmp_path / "c.jsonl"), "--currency", "EUR")
    assert done.code == 3
    found = {row["row"]: (row["column"], str(row["reason"])) for row in rejected(tmp_path / "c.rejects.jsonl")}
    for line, (column, value, reason) in enumerate(CELLS, 1):
        told = found.get(line)
        assert (told is None) == (not reason), (column, value, told)
        assert told is None or (told[0] == column and told[1].startswith(reason)), (column, told)
    good = {f"c{n:03}" for n, (_, _, reason) in enumerate(CELLS) if not reason}
    with reading(database) as connection:
        assert set(connection.scalars(sa.select(customer.c.id))) == good
        assert set(connection.scalars(sa.select(trait.c.subject_id))) <= good


IDS: list[tuple[str, str]] = [
    ("Ana", ""), ("ana", ""), ("ANA ", ""), ("a b", ""), ("o'brien", ""), ('say "hi"', ""), ("50%", ""), ("a_b*?", ""),
    ("back\\slash", ""), ("\\N", "is missing"), ("İ", ""), ("i\u0307", ""), ("ß", ""), ("ss", ""), ("\u00e9", ""),
    ("e\u0301", ""), ("😀" * 200, ""), ("😀" * 201, "is longer than 200 characters"), ("\u202eabc", ""),
    ("ana@example.com", "looks like an address"), ("ana @example.com", ""), ("\u0430na@example.com", "looks like an"),
    ("a\0b", "id contains a NUL character; name"), ("a\tb", "contains a control character"),
    ("'; DROP TABLE customer; --", ""),
]  # fmt: skip


def test_ids_are_taken_letter_by_letter(
    lifecycle: Lifecycle, declared: Path, tmp_path: Path, database: sa.Engine
) -> None:
    """Case, accents and signs make other ids; only addresses and control characters are none."""
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"id": id_, "name": id_}) for id_, _ in IDS))
    lifecycle("import", "accounts", str(tmp_path / "a.jsonl"))
    found = {row["row"]: str(row["reason"]) for row in rejected(tmp_path / "a.rejects.jsonl")}
    assert found.keys() == {line for line, (_, reason) in enumerate(IDS, 1) if reason}
    told = {line: reason for line, (_, reason) in enumerate(IDS, 1) if reason}
    assert {line: reason for line, reason in found.items() if not reason.startswith(told[int(str(line))])} == {}
    with reading(database) as connection:
        stored = set(connection.scalars(sa.select(account.c.id)))
    assert stored == {id_.strip() for id_, reason in IDS if not reason}


HEAD = "id,first_name,points\n"
GOOD = "good,Ana,1\n"
MANY = "".join(f",x{n}" for n in range(9_997))
FILES: list[tuple[str, bytes, int, str]] = [
    ("a byte order mark", ("\ufeff" + HEAD + GOOD).encode(), 0, "1 row read"),
    ("carriage returns", (HEAD + GOOD).replace("\n", "\r\n").encode(), 0, "1 row read"),
    ("a line break in a cell", (HEAD + 'a,"two\nlines",1\n' + GOOD).encode(), 0, "2 rows read"),
    ("UTF-16", (HEAD + GOOD).encode("utf-16"), 2, "is UTF-16; save it as UTF-8"),
    ("UTF-16 without its mark", (HEAD + GOOD).encode("utf-16-le"), 2, "is not text; give CSV or JSONL in UTF-8"),
    ("Latin-1", (HEAD + "a,Zoë,1\n" + GOOD).encode("latin-1"), 2, "is not UTF-8 (line 2)"),
    ("nothing", b"", 2, "is empty"),
    ("a header alone", HEAD.encode(), 0, "0 rows read"),
    ("ten thousand columns", f"{HEAD[:-1]}{MANY}\n{GOOD[:-1]}{',' * 9_997}\n".encode(), 0, "1 row read"),
    ("a line of five megabytes", (HEAD + f"a,{MEGABYTE * 5},1\n" + GOOD).encode(), 3, "1 row rejected"),
    ("an open quotation mark", (HEAD + GOOD + 'a,"b,1\n' + GOOD).encode(), 2, "is a quotation mark not closed?"),
    ("too many cells", (HEAD + "a,b,1,2,3\n" + GOOD).encode(), 3, "1 row rejected"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "sentence"), [file[1:] for file in FILES], ids=[file[0] for file in FILES])
def test_each_file_is_read_or_refused_in_one_sentence(  # noqa: PLR0917 (a table's columns and fixtures)
    lifecycle: Lifecycle,
    declared: Path,
    tmp_path: Path,
    database: sa.Engine,
    content: bytes,
    code: int,
    sentence: str,
) -> None:
    """Nothing half written: a refused file leaves nothing, a read one has its good row."""
    (tmp_path / "c.csv").write_bytes(content)
    done = lifecycle("import", "customers", str(tmp_path / "c.csv"))
    assert done.code == code, done.err
    assert sentence in done.err
    with reading(database) as connection:
        ids = set(connection.scalars(sa.select(customer.c.id)))
    assert ("good" in ids) == (code != 2 and "0 rows" not in sentence)
    assert code != 2 or not ids


ROW = '{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": '
EVENTS: list[tuple[str, str]] = [
    (f"{ROW}{'9' * 400}}}", CANNOT_HOLD),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": 1e999}', "is not a number the engine can hold"),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": NaN}', "the line is not JSON"),
    (f"{ROW}{DEEP}}}", "is nested more than 8 deep"),
    (f"{ROW}{'[' * 200_000}}}", "the line is not JSON"),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": "\\u0000"}', "contains a NUL character"),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": "\\ud800"}', "is not UTF-8 text"),
    (f'{ROW}"{MEGABYTE}"}}', TOO_LONG),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "x", "p": 1000000000000000000000000000000}', ""),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "İß😀\\u202e", "p": -0.0, "q\'\\"$.[0]": "\'%_"}', ""),
    ('{"customer_id": "c", "at": 1700000000, "name": "x"}', "is not a time written as text"),
    ('{"customer_id": ["c"], "at": "2026-01-01", "name": "x"}', "is a list or an object"),
    ('{"customer_id": "c", "at": "2026-01-01", "name": "a\\nb"}', "contains a control character"),
    ("{", "the line is not JSON"),
]  # fmt: skip


def test_events_with_poison_in_them(lifecycle: Lifecycle, declared: Path, tmp_path: Path, database: sa.Engine) -> None:
    """Each bad line is refused by itself with its reason; what is good can be read back as it was."""
    (tmp_path / "e.jsonl").write_text("\n".join(line for line, _ in EVENTS))
    lifecycle("import", "events", str(tmp_path / "e.jsonl"))
    found = {row["row"]: str(row["reason"]) for row in rejected(tmp_path / "e.rejects.jsonl")}
    for line, (_, reason) in enumerate(EVENTS, 1):
        assert found.get(line, "").startswith(reason), (line, found.get(line))
        assert (line in found) == bool(reason), (line, found.get(line))
    with reading(database) as connection:
        stored = {row.name: row.properties for row in connection.execute(sa.select(event.c.name, event.c.properties))}
    assert stored == {"x": {"p": 10**30}, "İß😀\u202e": {"p": 0, "q'\"$.[0]": "'%_"}}


def test_rejected_rows_stand_as_they_were_in_csv(lifecycle: Lifecycle, declared: Path, tmp_path: Path) -> None:
    """Bytes that are no text and megabytes included, so that they can be mended."""
    content = b"id,nick\n" + b"".join(b"g%d,x\n" % n for n in range(9_000)) + b"bad,\xff\n" + b"big," + b"y" * 2_000_000
    (tmp_path / "c.csv").write_bytes(content)
    done = lifecycle("import", "customers", str(tmp_path / "c.csv"), "--json")
    assert (done.json["accepted"], done.json["rejected"]) == (9_000, 2)
    raw = (tmp_path / "c.rejects.csv").read_bytes()
    assert b"bad,\xff,9002,nick,is not UTF-8 text\n" in raw
    rows = list(csv.reader(io.StringIO(raw.decode(errors="surrogateescape"))))
    assert [(row[0], len(row[1]), row[2]) for row in rows[1:]] == [("bad", 1, "9002"), ("big", 2_000_000, "9003")]
