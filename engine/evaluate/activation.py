"""What applying a release does to a rule: what is live from when, what is judged of the past, what is replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from engine.clock import from_micros, span, to_micros
from engine.evaluate.state import BESIDE, State, change, read
from engine.models.tables import enrollment, membership, message, rule_state
from engine.rules.compiler import Program
from engine.rules.model import Rule
from engine.rules.sql.windows import offset_micros

_OCCURRENCE = ("subject_type", "subject_id", "occurrence", "step")
_HISTORY = (
    (message, (message, enrollment), _OCCURRENCE),
    (enrollment, (enrollment,), _OCCURRENCE),
    (membership, (membership,), ("subject_type", "subject_id", "episode")),
)
"""What moves to a rule's new name, unless one of these tables has a row of the new name with the same key already."""


def activate(
    connection: sa.Connection,
    program: Program,
    *,
    release_id: int,
    now: datetime,
) -> State:
    """Make a rule live at `now`; call it in the transaction that writes the release, after a last tick of the old one.

    A changed trigger starts anew; a changed or added offset starts anew for itself; changed conditions are asked of
    everybody at the next tick; a rule that never lived judges the past that its `backfill` names. The first pass of a
    `becomes` rule finds out who is in already.
    """
    at, rule = to_micros(now), program.rule
    before = _before(connection, rule)
    if before is not None and before.rule != rule.name:
        _rename(connection, before.rule, rule.name)
        before = replace(before, rule=rule.name, stands_for=_without_beside(before))
    state = _new(program, release_id, at) if before is None else _edited(program, before, release_id, at)
    _store(connection, state, known=before is not None)
    return state


def _store(connection: sa.Connection, state: State, *, known: bool) -> None:
    """Change the rule's row where there is one, so that whoever waits for its lock finds it."""
    columns = _columns(state)
    change = sa.update(rule_state).where(rule_state.c.rule == state.rule) if known else sa.insert(rule_state)
    connection.execute(change.values(**columns))


def retire(connection: sa.Connection, rule: str, *, now: datetime) -> None:
    """Stop a rule that the new release no longer has."""
    change(connection, rule, retired_at=to_micros(now))


def _before(connection: sa.Connection, rule: Rule) -> State | None:
    """Return where the rule stood, locked; a retired rule of its name does not count where `was` names another."""
    found = read(connection, rule.name, lock=True).get(rule.name)
    if rule.was is None or (found is not None and found.retired_at is None):
        return found
    return read(connection, rule.was, lock=True).get(rule.was) or found


def _rename(connection: sa.Connection, old: str, new: str) -> None:
    """Move a rule's history to its new name, so that nobody gets a mail twice.

    What a retired rule of the new name decided stays; the same occurrence, and its message, stay under the old name.
    """
    connection.execute(sa.delete(rule_state).where(rule_state.c.rule == new))
    connection.execute(sa.update(rule_state).where(rule_state.c.rule == old).values(rule=new))
    for table, decided, key in _HISTORY:
        free = (sa.not_(_there(new, table, other, key)) for other in decided)
        connection.execute(sa.update(table).where(table.c.rule == old, *free).values(rule=new))


def _there(rule: str, table: sa.Table, other: sa.Table, key: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return whether a table has a row of a rule with the same key."""
    there = other.alias("there")
    same = (there.c[name] == table.c[name] for name in key)
    return sa.exists().where(there.c.rule == rule, *same).correlate(table)


def _new(program: Program, release_id: int, now: int) -> State:
    return State(
        rule=program.rule.name,
        release_id=release_id,
        fingerprint=program.fingerprint,
        trigger_fingerprint=program.trigger_fingerprint,
        activated=dict.fromkeys(program.codes, now),
        stands_for={BESIDE: []},
        watermark=now,
        backfill=_backfill(program.rule),
        full_pass=program.rule.backfill is not None or program.has_members,
    )


def _backfill(rule: Rule) -> dict[str, int | None] | None:
    if rule.backfill is None:
        return None
    return {"from": span(rule.backfill) if isinstance(rule.backfill, timedelta) else None}


def _edited(program: Program, before: State, release_id: int, now: int) -> State:
    same = replace(before, release_id=release_id, fingerprint=program.fingerprint)
    if before.retired_at is None and before.fingerprint == program.fingerprint:
        return same
    same = replace(same, trigger_fingerprint=program.trigger_fingerprint)
    if before.retired_at is not None or before.trigger_fingerprint != program.trigger_fingerprint:
        fresh = _new(program, release_id, now)
        fresh = replace(fresh, paused_at=before.paused_at, stands_for=_beside(program, before))
        return replace(fresh, backfill=None, full_pass=program.has_members)
    return replace(
        same,
        activated={code: before.activated.get(code, now) for code in program.codes},
        stands_for=_stands_for(program, before),
        full_pass=True,
        held_for=before.held_until(now),
        held_at=None,
        held_count=None,
        approved_at=None,
        approved_count=None,
    )


def _stands_for(program: Program, before: State) -> Mapping[str, list[int]]:
    """Return what the rows of offsets that are gone count for: the nearest new one each, and what they counted for."""
    gone = sorted((offset_micros(code), code) for code in before.activated if code not in program.codes)
    come = sorted((span(send.offset), code) for send, code in zip(program.rule.sends, program.codes, strict=True))
    made = {code: list(before.stands_for.get(code, ())) for code in program.codes if code in before.stands_for}
    added = [code for _, code in come if code not in before.activated]
    for code, (offset, old) in zip(added, gone, strict=False):
        made[code] = [offset, *before.stands_for.get(old, ())]
    return made | _beside(program, before)


def _beside(program: Program, before: State) -> dict[str, list[int]]:
    """Return which offsets the ledger may hold that the rule has no more, where that is known."""
    if before.beside is None:
        return {}
    had = {*map(offset_micros, before.activated), *(old for olds in before.stands_for.values() for old in olds)}
    return {BESIDE: sorted(had - {span(send.offset) for send in program.rule.sends})}


def _without_beside(before: State) -> Mapping[str, Sequence[int]]:
    """Return what offsets stand for under a new name, whose rows may have any offset."""
    return {code: olds for code, olds in before.stands_for.items() if code != BESIDE}


def _columns(state: State) -> dict[str, Any]:
    instants = ("watermark", "full_pass_at", "noticed_at", "held_at", "approved_at", "paused_at", "retired_at")
    values: dict[str, Any] = {name: getattr(state, name) for name in state.__dataclass_fields__}
    values |= {name: from_micros(values[name]) for name in instants if values[name] is not None}
    return values | {"backfill": values["backfill"] if values["backfill"] is not None else sa.null()}
