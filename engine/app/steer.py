"""The operator's brakes: pause and resume, and letting a held rule through; each leaves a row in the audit."""

from __future__ import annotations

import sqlalchemy as sa

from engine import evaluate
from engine.app.opened import App
from engine.db import reading, writing
from engine.errors import UsageError, did_you_mean
from engine.models.tables import audit, lane, rule_state
from engine.outbox.lanes import ALL, start, stop
from engine.releases.origin import author


def pause(app: App, rule: str | None) -> str:
    """Stop one rule from enrolling and sending, or all sending; returns what became of it. Raises UsageError."""
    if rule is None:
        _stop_everything(app)
        return "All sending is paused; `lifecycle resume` lets it go on."
    _require_live(app, rule)
    evaluate.pause(app.database, rule, app.clock.now(), author())
    return f"The rule {rule} is paused; `lifecycle resume {rule}` lets it go on."


def resume(app: App, rule: str | None) -> str:
    """Let one rule go on, or every stopped lane; returns what became of it. Raises UsageError."""
    if rule is None:
        return "Sending goes on." if _started(app, None) else "Sending was not paused."
    _require_live(app, rule)
    evaluate.resume(app.database, rule, app.clock.now(), author())
    return f"The rule {rule} goes on."


def resume_lane(app: App, name: str | None) -> str:
    """Let one stopped lane go on, or every one; returns what became of it. Raises UsageError for an unknown lane."""
    if name is None:
        return resume(app, None)
    known = {ALL, app.settings.provider} | _lanes(app)
    if name not in known:
        hint = did_you_mean(name, known) or f"there is {', '.join(sorted(known))}"
        raise UsageError(f"there is no lane {name}; {hint}")
    return f"The lane {name} goes on." if _started(app, (name,)) else f"The lane {name} was not stopped."


def approve(app: App, rule: str) -> str:
    """Let as many through as a held rule was held for, once; raises UsageError where the rule is not held."""
    _require_live(app, rule)
    count = evaluate.approve(app.database, rule, app.clock.now(), author())
    return f"The rule {rule} may enroll the {count:,} it was held for, at its next tick."


def _stop_everything(app: App) -> None:
    now, actor = app.clock.now(), author()
    with writing(app.database) as connection:
        stop(connection, ALL, reason="paused by an operator", by=actor, now=now)
        connection.execute(sa.insert(audit).values(at=now, actor=actor, action="pause", detail={"lane": ALL}))


def _started(app: App, names: tuple[str, ...] | None) -> tuple[str, ...]:
    with writing(app.database) as connection:
        return start(connection, names, by=author(), now=app.clock.now())


def _lanes(app: App) -> set[str]:
    with reading(app.database) as connection:
        return set(connection.scalars(sa.select(lane.c.name)))


def _require_live(app: App, rule: str) -> None:
    """Refuse the name of a rule that is not live, with the nearest one that is."""
    with reading(app.database) as connection:
        live = set(connection.scalars(sa.select(rule_state.c.rule).where(rule_state.c.retired_at.is_(None))))
    if rule not in live:
        hint = did_you_mean(rule, live) or "`lifecycle status` lists the rules of the live release"
        raise UsageError(f"no rule {rule} is live; {hint}")
