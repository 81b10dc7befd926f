"""Plans of a small company's files, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from company import DAY, NOW, app

from engine.app import App
from engine.app.planning import Plan, RulePlan, plan
from engine.app.release import make_release
from engine.app.sources import against, source
from engine.clock import SetClock
from engine.simulate.walk import Progress, quiet


@dataclass(frozen=True, kw_only=True)
class Planner:
    """A workspace over a database, in which files are made live and planned."""

    database: sa.Engine
    url: str
    folder: Path

    def app(self, files: Mapping[str, str], **settings: object) -> App:
        """The workspace with these rules and templates and no others."""
        for path in [*self.folder.glob("rules/*"), *self.folder.glob("templates/*.*")]:
            path.unlink()
        opened = app(self.database, self.folder, files)
        changed = opened.settings.model_copy(update=settings)
        return App(settings=changed, database=opened.database, clock=opened.clock)

    def live(self, files: Mapping[str, str], **settings: object) -> None:
        """Make files the live release, an hour ago."""
        opened = self.app(files, **settings)
        make_release(App(settings=opened.settings, database=opened.database, clock=SetClock(NOW - DAY / 24)))

    def plan(
        self,
        files: Mapping[str, str],
        *,
        named: str | None = None,
        length: timedelta = 7 * DAY,
        progress: Progress = quiet,
        **settings: object,
    ) -> Plan:
        """The plan of a week for these files, against the live release or what is named."""
        opened = self.app(files, **settings)
        new = source(opened)
        live = source(opened, live=True) if new.release and named is None else None
        base = against(opened, named) if named else live
        return plan(opened, new, base, start=NOW, until=NOW + length, progress=progress)

    def rule(self, files: Mapping[str, str], **settings: str) -> RulePlan:
        """The one rule that the plan is about."""
        (rule,) = self.plan(files, **settings).rules  # type: ignore[arg-type]
        return rule
