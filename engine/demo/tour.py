"""The steps of `lifecycle demo`: a workspace, a company in it, rules made live, and a week of mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from engine.app import App, opened
from engine.app.check import WorkspaceChecked, check_workspace
from engine.app.dry_run import DryRun, Wanted, dry_run
from engine.app.release import Done, make_release
from engine.app.sources import source
from engine.clock import SetClock
from engine.db import reading
from engine.demo.company import Company, invent
from engine.demo.files import as_csv
from engine.demo.story import Story, story
from engine.models.tables import message
from engine.outbox import Status
from engine.outbox.claim import envelope
from engine.providers.mime import compose
from engine.simulate import forecast, gallery
from engine.simulate.walk import Progress, quiet
from engine.workspace import SETTINGS_FILE, init, load_settings

DAYS = timedelta(days=7)
DATA = "data"
PUBLIC_URL = "http://localhost:8025"
"""Where `lifecycle serve` answers on this machine, so that the way out of a mail can be tried."""
PLAIN_ENVIRONMENT: Mapping[str, str] = {}
"""The demo listens to no LIFECYCLE_ variable, so that it never mails anybody."""


def aside(folder: Path) -> Path | None:
    """Move a folder that is in the way to a free name beside it; returns that name, or None if nothing was there."""
    if not folder.exists():
        return None
    names = (folder.with_name(f"{folder.name}.before-{number}") for number in range(1, 10_000))
    free = next(name for name in names if not name.exists())
    return folder.rename(free)


def prepare(folder: Path, now: datetime) -> Company:
    """Make a workspace of `folder` with the invented company's files in `data/`."""
    init(folder, environment=PLAIN_ENVIRONMENT)
    with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(f"public_url: {PUBLIC_URL}\n")
    company = invent(now)
    (folder / DATA).mkdir()
    for name in ("accounts", "customers", "members", "events"):
        (folder / DATA / f"{name}.csv").write_bytes(as_csv(getattr(company, name)))
    return company


@dataclass(frozen=True, kw_only=True)
class Tour:
    """An open demo workspace; `start` is a week before `now`."""

    app: App
    story: Story
    start: datetime
    now: datetime

    def check(self) -> WorkspaceChecked:
        """Check the files."""
        return check_workspace(self.app.settings)

    def apply(self) -> Done:
        """Make the files live at the start of the week."""
        return make_release(self.app)

    def dry_run(self, progress: Progress = quiet) -> DryRun:
        """Look at the week from its start."""
        wanted = Wanted(start=self.start, until=self.now)
        return dry_run(self.app, source(self.app), wanted, progress=progress)

    def show_mails(self, folder: Path) -> Path:
        """Write what was sent as a folder to look through; returns its index page."""
        gallery.prepare(folder)
        with reading(self.app.database) as connection:
            mails = [mail for mail in forecast.mails(connection, since=self.start) if mail.status == Status.SENT]
            contents = forecast.content(connection, [mail.send_id for mail in mails])
        rows = {mail.send_id: {"topic": "", "template": mail.template} for mail in mails}
        sources = {each: compose(envelope(rows[each], content)) for each, content in contents.items()}
        gallery.write(folder, mails, contents, sources, heading=gallery.PAST)
        return folder / gallery.INDEX

    def outcome(self) -> Counter[str]:
        """Return how many messages stand at each status."""
        counted = sa.select(message.c.status, sa.func.count()).group_by(message.c.status)
        with reading(self.app.database) as connection:
            return Counter({row[0]: row[1] for row in connection.execute(counted)})

    def sent_by_rule(self) -> Counter[str]:
        """Return how many mails each rule sent."""
        counted = sa.select(message.c.rule, sa.func.count()).where(message.c.status == Status.SENT)
        with reading(self.app.database) as connection:
            return Counter({row[0]: row[1] for row in connection.execute(counted.group_by(message.c.rule))})


@contextmanager
def opened_tour(
    folder: Path, company: Company, now: datetime, changed: Mapping[str, object] = PLAIN_ENVIRONMENT
) -> Iterator[Tour]:
    """Open a prepared demo folder with the clock a week before `now`, with some settings `changed`."""
    with opened(load_settings(folder, environment=PLAIN_ENVIRONMENT).model_copy(update=dict(changed))) as app:
        clock = SetClock(now - DAYS)
        timed = replace(app, clock=clock)
        yield Tour(app=timed, story=story(timed, clock, company), start=clock.at, now=now)
