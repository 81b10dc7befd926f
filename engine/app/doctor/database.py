"""The database: there, up to date, writable, durable, with a live release."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from engine import schema
from engine.app.doctor.finding import Finding, ok, problem, warning
from engine.app.opened import App, opened
from engine.db import reading, writing
from engine.errors import DatabaseError, LifecycleError
from engine.releases.store import live_id
from engine.settings import Settings

_DURABLE = {"on", "remote_write", "remote_apply", "local"}
"""What `synchronous_commit` may be: each survives the end of the server's process and of its machine's power."""


def the_database(settings: Settings) -> Iterator[Finding]:
    """Look at the database that settings name."""
    try:
        with opened(settings) as app:
            yield from _inside(app)
    except DatabaseError as error:
        yield problem("database", str(error))
    except LifecycleError as error:
        yield problem("database", str(error), "see docs/settings.md, database_url")


def _inside(app: App) -> Iterator[Finding]:
    name = app.database.url.render_as_string(hide_password=True)
    yield ok("database", f"{name} answers, its tables are at {schema.head()}")
    yield _writable(app)
    yield _durable(app)
    with reading(app.database) as connection:
        release = live_id(connection)
    if release:
        yield ok("release", f"release {release} is live")
    else:
        yield warning("release", "no release is live, so nothing is sent", "`lifecycle apply` makes one")


def _writable(app: App) -> Finding:
    """Write, and take it back."""
    try:
        with writing(app.database) as connection:
            connection.execute(sa.text("UPDATE installation SET database_id = database_id WHERE id = 1"))
            connection.rollback()
    except DatabaseError as error:
        return problem("database", f"it cannot be written: {error}")
    return ok("database", "it can be written")


def _durable(app: App) -> Finding:
    """Ask whether what was committed survives a power cut: a mail that is forgotten is sent again."""
    sqlite = app.database.dialect.name == "sqlite"
    question = "PRAGMA synchronous" if sqlite else "SHOW synchronous_commit"
    with reading(app.database) as connection:
        said = str(connection.exec_driver_sql(question).scalar())
        flushed = sqlite or connection.exec_driver_sql("SHOW fsync").scalar() == "on"
    if flushed and (int(said) >= 2 if sqlite else said in _DURABLE):  # noqa: PLR2004 (FULL)
        return ok("database", "what it has committed survives a power cut")
    setting = "synchronous" if sqlite else "fsync or synchronous_commit"
    return problem("database", f"it may forget what it has committed ({setting} is off): a mail could be sent twice")
