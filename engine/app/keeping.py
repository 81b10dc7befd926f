"""Upkeep over a workspace: retention, and erasures that did not come to their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine import privacy, upkeep
from engine.app import erasing
from engine.app.opened import App
from engine.db import reading
from engine.models.tables import erased
from engine.upkeep import Due


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What upkeep would do: rows that are old enough, and erasures that are still to be concluded."""

    due: tuple[Due, ...]
    erasures: int


def outlook(app: App) -> Outlook:
    """Return what upkeep would do, without doing it."""
    with reading(app.database) as connection:
        open_ = sa.select(sa.func.count()).select_from(erased).where(erased.c.settled_at.is_(None))
        erasures: int = connection.execute(open_).scalar_one()
    return Outlook(due=upkeep.due(app.database, app.settings, now=app.clock.now()), erasures=erasures)


def keep_up(app: App) -> Mapping[str, object]:
    """Do what can be done beside everything else that runs; returns the figures of a log line.

    An erasure whose pages are still to be written over waits for `conclude`: that keeps others from the database.
    """
    counts = dict(upkeep.run_once(app.database, app.settings, now=app.clock.now()))
    late = privacy.strip_late(app.database, now=app.clock.now())
    counts |= {"reports of erased": late} if late else {}
    problems = [problem for left in _left(app) if (problem := erasing.conclude(app, left, pages=False).problem)]
    told: dict[str, object] = {name.replace(" ", "_"): count for name, count in counts.items()}
    return told | ({"problem": problems[0]} if problems else {})


def conclude(app: App) -> int:
    """Write over the pages of erasures that are otherwise done; returns how many names that concludes."""
    return privacy.vacuum(app.database, now=app.clock.now()) if outlook(app).erasures else 0


def _left(app: App) -> tuple[privacy.Left, ...]:
    with reading(app.database) as connection:
        return privacy.unsettled(connection, app.settings.secret.get_secret_value())
