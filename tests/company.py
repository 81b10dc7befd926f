"""A small company with customers who went quiet, for tests of releases, dry runs and plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sending
import sqlalchemy as sa
from sqlmodel import SQLModel

from engine.app import App
from engine.clock import SetClock
from engine.db import writing
from engine.models.tables import customer, event, event_total
from engine.settings import Settings

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
QUIET_SINCE = {"ana": 13, "bob": 11, "cleo": 9, "dan": 40}
"""How many days ago each customer was last seen."""

SHARED = ("rules/topics.yaml", "templates/brand.yaml", "templates/layouts/letter.mjml")
MISS_YOU = "topic: tips\nwhen: {silent: any event}\nsend: {after 14 days: welcome-back}\n"
FILES: Mapping[str, str] = {
    **{path: sending.FILES[path] for path in SHARED},
    "rules/we-miss-you.yaml": MISS_YOU,
    "templates/welcome-back.md": (
        "---\nsubject: \"{{ customer.first_name | default('Hello') }}, come back\"\n---\n"
        "You were away for {{ days_silent }} days.\n"
    ),
}


def edited(old: str, new: str, path: str = "rules/we-miss-you.yaml") -> Mapping[str, str]:
    """The files with one text changed."""
    assert old in FILES[path]
    return {**FILES, path: FILES[path].replace(old, new)}


def people(engine: sa.Engine, quiet_since: Mapping[str, int] = QUIET_SINCE, now: datetime = NOW) -> None:
    """Store customers who were last seen so many days before `now`."""
    with writing(engine) as connection:
        for name, days in quiet_since.items():
            seen(connection, name, now - days * DAY)


def seen(connection: sa.Connection, name: str, at: datetime) -> None:
    """Store a customer whose only event was at an instant."""
    address = f"{name}@example.com"
    who = {"id": name, "email": address, "email_key": address, "first_name": name.title(), "first_name_key": name}
    stamps = {"last_seen_at": at, "seen_changed_at": at, "created_at": at, "changed_at": at}
    connection.execute(sa.insert(customer).values(**who, **stamps))
    happened = {"customer_id": name, "id": f"{name}-1", "name": "Logged In", "at": at, "received_at": at}
    connection.execute(sa.insert(event).values(happened))
    total = {"first_at": at, "last_at": at, "count": 1, "first_changed_at": at, "last_changed_at": at, "changed_at": at}
    connection.execute(sa.insert(event_total).values(customer_id=name, name="Logged In", **total))


def app(engine: sa.Engine, folder: Path, files: Mapping[str, str] = FILES, now: datetime = NOW) -> App:
    """An open workspace in `folder` that holds these files, with a clock that stands at `now`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    url = engine.url.render_as_string(hide_password=False)
    settings = Settings(workspace=folder, database_url=url, secret="test", provider="memory")
    return App(settings=settings, database=engine, clock=SetClock(now))


def everything(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in an order that does not depend on where rows lie."""
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for name, table in SQLModel.metadata.tables.items()
        }
