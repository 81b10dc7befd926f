"""The operator's brakes: pause and resume, and letting a held rule through; each leaves a row in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.app.opened import App
from engine.db import writing
from engine.errors import UsageError, did_you_mean
from engine.models.tables import audit, lane, rule_state
from engine.releases.origin import author

EVERYTHING = "all"


def pause(app: App, rule: str | None) -> str:
    """Stop one rule from enrolling and sending, or all sending; returns what became of it."""
    now = app.clock.now()
    with writing(app.database) as connection:
        if rule is not None:
            state = _state(connection, rule)
            _set(connection, rule, paused_at=state["paused_at"] or now)
        else:
            _stop_everything(connection, now)
        _note(connection, now, "pause", rule)
    what = f"The rule {rule}" if rule else "All sending"
    return f"{what} is paused; `lifecycle resume{f' {rule}' if rule else ''}` lets it go on."


def resume(app: App, rule: str | None) -> str:
    """Let one rule go on, or every stopped lane; returns what became of it."""
    now = app.clock.now()
    with writing(app.database) as connection:
        if rule is not None:
            was = _state(connection, rule)["paused_at"]
            _set(connection, rule, paused_at=None)
        else:
            was = _start_everything(connection)
        _note(connection, now, "resume", rule)
    what = f"The rule {rule}" if rule else "Sending"
    return f"{what} goes on." if was else f"{what} was not paused."


def approve(app: App, rule: str) -> str:
    """Let as many through as a held rule was held for, once; raises UsageError where the rule is not held."""
    now = app.clock.now()
    with writing(app.database) as connection:
        state = _state(connection, rule)
        if state["held_at"] is None:
            raise UsageError(f"the rule {rule} is not held; `lifecycle status` shows what is")
        _set(connection, rule, approved_at=now, approved_count=state["held_count"])
        _note(connection, now, "approve", rule, count=state["held_count"])
    return f"The rule {rule} may enroll the {state['held_count']:,} it was held for, at its next tick."


def _stop_everything(connection: sa.Connection, now: datetime) -> None:
    connection.execute(sa.delete(lane).where(lane.c.name == EVERYTHING))
    row = {"name": EVERYTHING, "stopped_at": now, "reason": "paused by an operator", "by": author()}
    connection.execute(sa.insert(lane).values(**row))


def _start_everything(connection: sa.Connection) -> bool:
    stopped = lane.c.stopped_at.is_not(None)
    were = connection.scalar(sa.select(sa.func.count()).select_from(lane).where(stopped))
    connection.execute(sa.update(lane).where(stopped).values(stopped_at=None, reason=None, by=author()))
    return bool(were)


def _state(connection: sa.Connection, rule: str) -> Mapping[str, Any]:
    row = connection.execute(sa.select(rule_state).where(rule_state.c.rule == rule)).mappings().one_or_none()
    if row is None or row["retired_at"] is not None:
        known = connection.scalars(sa.select(rule_state.c.rule).where(rule_state.c.retired_at.is_(None))).all()
        hint = did_you_mean(rule, known) or "`lifecycle status` lists the rules of the live release"
        raise UsageError(f"no rule {rule} is live; {hint}")
    return dict(row)


def _set(connection: sa.Connection, rule: str, **values: object) -> None:
    connection.execute(sa.update(rule_state).where(rule_state.c.rule == rule).values(**values))


def _note(connection: sa.Connection, now: datetime, action: str, rule: str | None, **detail: object) -> None:
    row = {"at": now, "actor": author(), "action": action, "detail": {"rule": rule} | detail}
    connection.execute(sa.insert(audit).values(**row))
