"""The invented company as the CSV files a product would export."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.demo.company import Company, Row


def write(company: Company, folder: Path) -> None:
    """Write accounts.csv, customers.csv and members.csv, and a file of events a day, into `folder`."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    for name in ("accounts", "customers", "members"):
        _csv(folder / f"{name}.csv", getattr(company, name))


def write_events(path: Path, events: Iterable[Row]) -> None:
    """Write one file of events."""
    _csv(path, list(events))


def _csv(path: Path, rows: Iterable[Mapping[str, str | int]]) -> None:
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
