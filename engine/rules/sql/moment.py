"""What every trigger says of its moments: one row of columns, the same for all."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from engine.rules.sql.dialects import TEXT, WHOLE, Column

NO_INSTANT: Column = sa.cast(sa.null(), WHOLE)
NO_TEXT: Column = sa.cast(sa.null(), TEXT)


@dataclass(frozen=True, kw_only=True)
class MomentColumns:
    """A moment: `fact` names what makes it `due`, `arrived` is the last stamp of an input of the due time.

    It must not be judged at or after `closes`; `began` and `ended` bound a silence or an absence (for an anniversary,
    `began` is its day); `anchor` is the instant of the fact and `event_id` the event, for `since: trigger`.
    """

    fact: Column
    due: Column
    arrived: Column = NO_INSTANT
    closes: Column = NO_INSTANT
    began: Column = NO_INSTANT
    ended: Column = NO_INSTANT
    anchor: Column = NO_INSTANT
    event_id: Column = NO_TEXT

    def labelled(self) -> list[sa.Label[Any]]:
        """Return the columns that there are, under their names."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return [
            column.label(name) for name, column in named.items() if column is not NO_INSTANT and column is not NO_TEXT
        ]

    @classmethod
    def of(cls, rows: sa.FromClause) -> MomentColumns:
        """Return the columns that rows carry."""
        return cls(**{field.name: rows.c[field.name] for field in fields(cls) if field.name in rows.c})
