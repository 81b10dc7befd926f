"""The invented company lived through hour by hour: what happened is imported, then the stages run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.app import App
from engine.app.imports import declared_traits, import_rows
from engine.app.running import works
from engine.clock import SetClock
from engine.demo.company import Company, Row
from engine.demo.files import as_csv
from engine.facts import Trait
from engine.intake import ImportOptions, ImportReport, Kind
from engine.simulate.walk import Progress, ticks


@dataclass(frozen=True, kw_only=True)
class Story:
    """A company and the app that gets to know it; `clock` is the app's."""

    app: App
    clock: SetClock
    company: Company
    traits: tuple[Trait, ...]

    def begin(self, start: datetime) -> dict[Kind, ImportReport]:
        """Import what the company had come to by `start`."""
        self.clock.at = start
        rows = {Kind.ACCOUNTS: self.company.accounts} | self._happened(None, start)
        return {kind: self._bring(kind, of_kind) for kind, of_kind in rows.items()}

    def live_through(self, start: datetime, until: datetime, progress: Progress) -> None:
        """Import each hour's happenings when it has passed, and run the stages."""
        before = start
        with works(self.app) as ready:
            for at in ticks(start, until):
                self.clock.at = at
                for kind, rows in self._happened(before, at).items():
                    if rows:
                        self._bring(kind, rows)
                for stage in ready.stages():
                    stage.run()
                before = at
                progress(at)

    def _happened(self, after: datetime | None, until: datetime) -> dict[Kind, Sequence[Row]]:
        customers = _between(self.company.customers, "signed_up_at", after, until)
        known = {row["id"] for row in customers}
        return {
            Kind.CUSTOMERS: customers,
            Kind.MEMBERS: [row for row in self.company.members if row["customer_id"] in known],
            Kind.EVENTS: _between(self.company.events, "at", after, until),
        }

    def _bring(self, kind: Kind, rows: Sequence[Row]) -> ImportReport:
        options = ImportOptions(traits=self.traits, time_zone=self.app.settings.time_zone)
        return import_rows(self.app, kind, io.BytesIO(as_csv(rows)), options=options)


def story(app: App, clock: SetClock, company: Company) -> Story:
    """Return the story of a company in a workspace; raises ProblemsError where its traits are broken."""
    return Story(app=app, clock=clock, company=company, traits=declared_traits(app))


def _between(rows: Sequence[Row], column: str, after: datetime | None, until: datetime) -> list[Row]:
    low, high = ("" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (after, until))
    return [row for row in rows if low < str(row[column]) <= high]
