"""The brakes: a rule that is about to write to far more people than usual is held; an operator pauses and approves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.clock import from_micros, to_micros
from engine.db import writing
from engine.errors import UsageError
from engine.evaluate import state
from engine.evaluate.report import Held, Limits
from engine.models.tables import audit, customer
from engine.rules.model import Rule

FLOOR = 500
SHARE = 20
"""Without a setting a rule may enroll 500 at once, or every twentieth customer where that is more."""


def limit(connection: sa.Connection, rule: Rule, limits: Limits, count: int) -> int:
    """Return how many a rule may enroll at once; customers are counted only where the number matters."""
    given = rule.max_at_once or limits.max_at_once
    if given is not None:
        return given
    if count <= FLOOR:
        return FLOOR
    customers = connection.execute(sa.select(sa.func.count()).select_from(customer)).scalar_one()
    return max(FLOOR, customers // SHARE)


def too_many(connection: sa.Connection, rule: Rule, stand: state.State, limits: Limits, count: int) -> Held | None:
    """Return how a rule is to be held that is about to enroll so many; what was approved is let through beside."""
    most = limit(connection, rule, limits, count) + (stand.approved_count or 0)
    return Held(rule=rule.name, count=count, limit=most) if count > most else None


def hold(connection: sa.Connection, held: Held, now: int) -> None:
    """Stop a rule as a whole until it is approved."""
    state.change(connection, held.rule, held_at=now, held_count=held.count, approved_at=None, approved_count=None)
    note(connection, "engine", "hold", now, rule=held.rule, count=held.count, limit=held.limit)


def approve(engine: sa.Engine, rule: str, now: datetime, actor: str) -> int:
    """Let through, once, what a rule was held for; returns how many that are. Raises UsageError if it is not held.

    The time that it was held makes nothing late.
    """
    at = to_micros(now)
    with writing(engine) as connection:
        stand = _known(connection, rule)
        if stand.held_at is None:
            raise UsageError(f"rule `{rule}` is not held; `lifecycle status` lists the rules that are")
        count = stand.held_count or 0
        free = {"held_at": None, "held_count": None, "held_for": stand.held_until(at)}
        state.change(connection, rule, **free, approved_at=at, approved_count=count)
        note(connection, actor, "approve", at, rule=rule, count=count)
    return count


def pause(engine: sa.Engine, rule: str, now: datetime, actor: str) -> None:
    """Stop evaluating a rule; what falls due meanwhile is judged when it resumes. Raises UsageError if unknown."""
    _set_paused(engine, rule, to_micros(now), actor, paused=True)


def resume(engine: sa.Engine, rule: str, now: datetime, actor: str) -> None:
    """Evaluate a rule again. Raises UsageError if there is no such rule."""
    _set_paused(engine, rule, to_micros(now), actor, paused=False)


def _set_paused(engine: sa.Engine, rule: str, now: int, actor: str, *, paused: bool) -> None:
    with writing(engine) as connection:
        stand = _known(connection, rule)
        if (stand.paused_at is not None) == paused:
            return
        state.change(connection, rule, paused_at=now if paused else None)
        note(connection, actor, "pause" if paused else "resume", now, rule=rule)


def _known(connection: sa.Connection, rule: str) -> state.State:
    stand = state.read(connection, rule, lock=True).get(rule)
    if stand is None or stand.retired_at is not None:
        raise UsageError(f"there is no rule `{rule}` in the live release; `lifecycle status` lists the rules")
    return stand


def note(connection: sa.Connection, actor: str, action: str, now: int, **detail: str | int) -> None:
    """Write down who did what."""
    values = {"at": from_micros(now), "actor": actor, "action": action, "detail": detail}
    connection.execute(sa.insert(audit).values(**values))
