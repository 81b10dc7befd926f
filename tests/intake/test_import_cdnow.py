"""Real input: 69,659 purchases of a record shop, 255 of them equal to another row in every column."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from importing import Importer, shuffled

from engine.intake import ImportReport, Kind
from engine.models.tables import event_total

DATA = Path(__file__).resolve().parents[3] / "shared/data/cdnow/purchases.csv"
TABLES = ("customer", "event", "event_total", "event_daily", "absence", "fact_change", "trait")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason=f"the CDNOW purchases are not at {DATA}"),
]


def bought(importer: Importer, content: str | Path) -> ImportReport:
    """Import purchases."""
    return importer(Kind.EVENTS, content, event_name="purchased", mapping={"date": "at"}, batch=5000)


def everything(importer: Importer) -> list[list[Any]]:
    """Every row of every table that could have been touched, as the database has it."""
    with importer.database.connect() as connection:
        tables = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in TABLES]
    return [sorted(map(tuple, rows), key=repr) for rows in tables]


def test_every_purchase_is_stored_once_in_any_order(importer: Importer) -> None:
    """All rows are stored; the file again, with its lines in another order, changes nothing at all."""
    assert bought(importer, DATA).changed == 69_659
    before = everything(importer)
    again = bought(importer, shuffled(DATA.read_text(), 1))
    assert (again.read, again.unchanged, again.rejected) == (69_659, 69_659, 0)
    assert everything(importer) == before


def test_kept_facts_are_those_of_the_file(lite: Importer) -> None:
    """Each customer's purchases and last day, read from the file with other means; days are days in UTC."""
    bought(lite, shuffled(DATA.read_text(), 2))
    with DATA.open(newline="") as stream:
        rows = [(row["customer_id"], row["date"]) for row in csv.DictReader(stream)]
    with lite.database.connect() as connection:
        found = connection.execute(sa.select(*event_total.c["customer_id", "count", "last_at"])).all()
    counts, last = Counter(who for who, _ in rows), dict(sorted(rows))
    assert {who: (count, at) for who, count, at in found} == {
        who: (count, datetime.fromisoformat(last[who]).replace(tzinfo=UTC)) for who, count in counts.items()
    }
