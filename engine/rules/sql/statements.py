"""Prepared statements: built once for each database, then only given their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.models.tables import enrollment
from engine.rules.sql.arms import NOW, RULE
from engine.rules.sql.dialects import TEXT, parameter
from engine.rules.sql.judgement import HELD, Judgement
from engine.rules.sql.moment import NO_INSTANT, MomentColumns
from engine.rules.sql.triggers import row_of

Parameters = Mapping[str, Any]
RELEASE = parameter("release_id")


class Prepared:
    """A statement as SQL text with its constants; running it builds nothing."""

    def __init__(self, clause: sa.ClauseElement, dialect: sa.Dialect) -> None:
        compiled = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self.constants: dict[str, Any] = dict(compiled.params)
        self.order: list[str] | None = getattr(compiled, "positiontup", None)

    def run(self, connection: sa.Connection, given: Parameters) -> sa.CursorResult[Any]:
        """Execute it with parameters that need no conversion: whole numbers, texts, JSON as text."""
        values = {**self.constants, **given}
        if self.order is None:
            return connection.exec_driver_sql(self.sql, {name: values[name] for name in self.constants})
        return connection.exec_driver_sql(self.sql, tuple(values[name] for name in self.order))


def enrolling(judgement: Judgement, verdicts: sa.Select[Any]) -> sa.ClauseElement:
    """Return the statement that writes verdicts into the ledger, and gives back the state of each row it wrote."""
    row = verdicts.subquery("verdicts")
    moment = MomentColumns.of(row)
    columns: dict[str, sa.ColumnElement[Any]] = {
        "subject_type": sa.literal(judgement.rule.subject, TEXT),
        "subject_id": row.c.subject_id,
        "rule": RULE,
        "occurrence": row.c.fact.op("||")(sa.literal("/", TEXT).op("||")(row.c.code).self_group()),
        "step": sa.literal("", TEXT),
        "state": row.c.state,
        "fact": row.c.fact,
        "send": row.c.label,
        "offset": row.c.offset,
        "due_at": row.c.due,
        "moment_at": row.c.at,
        "decided_at": NOW,
        "held_for": HELD,
        "since_at": moment.began,
        "until_at": moment.ended,
        "closes_at": moment.closes,
        "release_id": RELEASE,
    }
    columns = {name: column for name, column in columns.items() if column is not NO_INSTANT}
    chosen = sa.select(*(column.label(name) for name, column in columns.items()))
    always = sa.literal_column("1") == sa.literal_column("1")
    insert = judgement.speech.ledger().from_select(list(columns), chosen.where(always))
    return insert.on_conflict_do_nothing().returning(*_told(judgement))  # type: ignore[no-any-return]


def _told(judgement: Judgement) -> list[sa.ColumnElement[Any]]:
    """Return what is told of a row that was written: its state, and where a guard must know it, its key."""
    row = enrollment.c
    key = [(row.subject_id + "/" + row.occurrence).label("key")]
    return [row.state, *(key if row_of(judgement.rule).guarded else [])]
