"""The invented company as the CSV a product would export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from engine.demo.company import Row


def as_csv(rows: Sequence[Row]) -> bytes:
    """Return rows as CSV with a header of every column that one of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
