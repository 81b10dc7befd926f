"""`explain`: why a rule did or did not, clause by clause, now or in the past, from the evaluator's own SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, span, to_micros
from engine.errors import LifecycleError
from engine.evaluate import state
from engine.evaluate.clause_values import clause_tree, instant
from engine.evaluate.explanation import Explanation, MomentSeen
from engine.evaluate.fates import Fates
from engine.evaluate.history import then
from engine.evaluate.newcomers import theirs_from
from engine.evaluate.outlook import upcoming
from engine.evaluate.state import State
from engine.models.tables import enrollment
from engine.rules import english
from engine.rules.compiler import Program, ids_text, zones_in_use
from engine.rules.sql.stored import TABLES
from engine.rules.sql.windows import Window

LOOK_BACK = span(timedelta(days=800))
SHOWN = 5
"""How far back moments are looked for, and how many of them are shown."""


def explain(
    connection: sa.Connection, program: Program, subject_id: str, now: datetime, at: datetime | None = None
) -> Explanation:
    """Return why a rule did or did not, or when it will, for one customer (of an account rule: one account).

    With `at` in the past: by what was known then; what the ledger decided is shown as it was decided. Raises
    LifecycleError where nothing is known of the subject at that time, or where `at` lies ahead.
    """
    if at is not None and at > now:
        raise LifecycleError(f"{instant(to_micros(at))} lies ahead; `lifecycle dry-run --at` shows what would happen")
    asking = _Asking(connection=connection, program=program, subject_id=subject_id, at=to_micros(at or now))
    if at is None:
        _known(connection, program, subject_id)
        return _explain(asking, ahead=True)
    past = then(connection, program, subject_id, asking.at)
    return _explain(
        _Asking(
            connection=connection,
            program=program,
            subject_id=subject_id,
            at=asking.at,
            past=past.parameters,
            approximate=past.approximate,
        ),
        ahead=False,
    )


@dataclass(frozen=True, kw_only=True)
class _Asking:
    """One question: whose, when, and what was known then where it is about the past."""

    connection: sa.Connection
    program: Program
    subject_id: str
    at: int
    past: Mapping[str, Any] = field(default_factory=dict)
    approximate: str = ""

    def run(self, name: str, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Run a statement over the facts of now, or over those of the past."""
        name = f"past {name}" if self.past else name
        return [dict(row) for row in self.program.run(name, self.connection, {**given, **self.past}).mappings()]


def _explain(asking: _Asking, *, ahead: bool) -> Explanation:
    program, rule = asking.program, asking.program.rule
    stand = state.read(asking.connection, rule.name).get(rule.name)
    zones = zones_in_use(asking.connection, program.zone)
    seen = _moments(asking, stand, zones)
    clauses = clause_tree(rule.conditions, _clauses(asking, seen, zones))
    coming = (
        upcoming(asking.connection, program, now=from_micros(asking.at), subject_id=asking.subject_id, limit=1)
        if ahead
        else []
    )
    moments = _decided(asking, stand, seen)
    return Explanation(
        rule=rule.name,
        subject_type=rule.subject,
        subject_id=asking.subject_id,
        at=from_micros(asking.at),
        rule_sentence=english.rule_sentence(rule),
        clauses=clauses.parts if rule.conditions.kind == "all" else (clauses,),
        holds=clauses.holds,
        moments=moments,
        verdict=_verdict(program, moments, coming[0].due if coming else None),
        upcoming=coming[0] if coming else None,
        standing=_standing(program, stand),
        approximate=asking.approximate,
    )


def _known(connection: sa.Connection, program: Program, subject_id: str) -> None:
    table = TABLES[program.rule.subject]
    if connection.execute(sa.select(table.c.id).where(table.c.id == subject_id)).scalar() is None:
        raise LifecycleError(f"there is no {program.rule.subject} {subject_id}")


def _moments(asking: _Asking, stand: State | None, zones: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """Return the moments that have come, the latest first."""
    program, count = asking.program, len(asking.program.codes)
    after = max(asking.at - LOOK_BACK, theirs_from(asking.connection, program, asking.subject_id))
    window = Window(now=asking.at, after=(after,) * count, until=(asking.at,) * count, late=program.late)
    given = program.window_parameters(window, zones=zones, stands_for=stand.stands_for if stand else {})
    rows = asking.run("outlook", {**given, "ids": ids_text([asking.subject_id])})
    return sorted(rows, key=lambda row: (row["at"], row["due"]), reverse=True)


def _clauses(asking: _Asking, seen: Sequence[Mapping[str, Any]], zones: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the truth and value of each part, asked for the latest moment that has come."""
    anchor, event_id = (seen[0]["anchor"], seen[0]["event_id"]) if seen else (None, None)
    given = {"now": asking.at, "moment": json.dumps([[asking.subject_id, anchor, event_id]])}
    given |= asking.program.calendar_parameters((0, 0), now=asking.at, zones=zones)
    return asking.run("clauses", given)[0]


def _decided(asking: _Asking, stand: State | None, seen: Sequence[Mapping[str, Any]]) -> tuple[MomentSeen, ...]:
    """Return what became of each moment; rows of the ledger whose fact is another by now are among them."""
    rows = {row["occurrence"]: row for row in _ledger(asking)}
    fates = Fates(program=asking.program, stand=stand, at=asking.at, past=bool(asking.past))
    present = {f"{row['fact']}/{row['code']}": row for row in seen}
    found = [fates.of_row(row, current=name in present) for name, row in rows.items()]
    found += [fates.of_moment(name, row) for name, row in present.items() if name not in rows]
    return tuple(sorted(found, key=lambda one: (one.at, one.due), reverse=True)[:SHOWN])


def _ledger(asking: _Asking) -> list[Mapping[str, Any]]:
    row = enrollment.c
    mine = (row.subject_type == asking.program.rule.subject, row.subject_id == asking.subject_id)
    decided = sa.select(enrollment).where(*mine, row.rule == asking.program.rule.name)
    decided = decided.where(row.decided_at <= from_micros(asking.at)) if asking.past else decided
    newest = decided.order_by(row.moment_at.desc()).limit(SHOWN)
    return [dict(found) for found in asking.connection.execute(newest).mappings()]


def _verdict(program: Program, moments: Sequence[MomentSeen], due: datetime | None) -> str:
    if moments:
        return moments[0].sentence
    if due is not None:
        return f"nothing has come yet; the next moment is on {instant(to_micros(due))}"
    return f"nothing has made it due: it waits for {english.trigger_words(program.rule.trigger)}"


def _standing(program: Program, stand: State | None) -> str:
    """Return what stops the rule as a whole."""
    if stand is None:
        return f"rule `{program.rule.name}` is not live; `lifecycle apply` makes it so"
    reasons = (
        (stand.retired_at, "the live release no longer has it, since {}"),
        (stand.paused_at, "paused since {}; `lifecycle resume` lets it go on"),
        (
            stand.held_at,
            f"held since {{}}: {stand.held_count} were about to be enrolled; `lifecycle approve` lets them",
        ),
    )
    return next((words.format(instant(since)) for since, words in reasons if since is not None), "")
