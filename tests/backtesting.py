"""Backtests in a test: rules as texts over the history that a database holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from evaluate.staging import at

from engine.app import App
from engine.app.backtest import Backtest, Wanted, backtest
from engine.app.rules import compiled
from engine.clock import SetClock
from engine.settings import Settings
from engine.simulate.walk import Progress, quiet

NOW = at("2026-12-01")
DAY = timedelta(days=1)
SHARED = {
    "rules/topics.yaml": "tips: marketing\n",
    "rules/traits.yaml": (
        "customer: {trial_ends_on: date, demo_at: time, score: number, joined_on: date}\naccount: {tier: text}\n"
    ),
}
Moment = tuple[str, str, str]
"""Day, subject and state."""


def tried(
    database: sa.Engine,
    rules: Mapping[str, str] | str,
    start: str,
    until: str,
    *,
    step: timedelta = DAY,
    zone: str = "UTC",
    progress: Progress = quiet,
    **settings: Any,  # noqa: ANN401 (settings of all types)
) -> Backtest:
    """Backtest rules (one of them is called `tried`) between two instants, both included, with everybody listed."""
    url = database.url.render_as_string(hide_password=False)
    app = App(settings=Settings(database_url=url, time_zone=zone, **settings), database=database, clock=SetClock(NOW))
    texts = {"tried": rules} if isinstance(rules, str) else rules
    files = {f"rules/{name}.yaml": f"topic: tips\n{text}" for name, text in texts.items()}
    wanted = Wanted(start=at(start), until=at(until), step=step)
    return backtest(app, compiled({**SHARED, **files}, 0, app.settings), wanted, progress=progress)


def moments(found: Backtest, rule: str = "tried") -> list[Moment]:
    """Return each moment of a rule: day, subject and state."""
    past = next(past for past in found.rules if past.rule == rule)
    return [(str(day.day), one.subject_id, one.state) for day in past.days for one in day.listed]
