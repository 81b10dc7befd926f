"""This machine: its clock and its disks."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

import sqlalchemy as sa

from engine.app.doctor.finding import Finding, ok, problem, unchecked, warning
from engine.clock import Clock
from engine.db import connect, reading
from engine.errors import LifecycleError
from engine.settings import Settings

_TOLERATED = timedelta(seconds=5)
_LEAST, _LITTLE = 100, 1024
"""Megabytes."""
_PATIENCE = 10.0


def the_clock(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Compare the clock with the database server's, or with that of a server on the web that is known anyhow."""
    told = _of_database(settings) or _of_web(settings)
    if told is None:
        yield unchecked("clock", "there is no other clock to compare with", "let the machine keep time by NTP")
        return
    who, at = told
    apart = abs(clock.now() - at)
    if apart <= _TOLERATED:
        yield ok("clock", f"it agrees with {who} to {_TOLERATED.seconds} seconds")
    else:
        yield problem("clock", f"it is {apart.total_seconds():,.0f} seconds off that of {who}", "keep time by NTP")


def _of_database(settings: Settings) -> tuple[str, datetime] | None:
    url = settings.database_url.get_secret_value()
    if not url.startswith("postgresql"):
        return None
    database = connect(url)
    try:
        with reading(database) as connection:
            return "the database server", connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    except LifecycleError:
        return None
    finally:
        database.dispose()


def _of_web(settings: Settings) -> tuple[str, datetime] | None:
    """Return what the Date header of the provider, or of the public address, says."""
    url = settings.sendgrid_url if settings.provider == "sendgrid" else settings.public_url
    if not url:
        return None
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response:  # noqa: S310 (our own settings)
            date = response.headers["Date"]
    except HTTPError as error:
        date = error.headers["Date"]
    except (OSError, HTTPException, ValueError):
        return None
    return (url, parsedate_to_datetime(date)) if date else None


def the_disk(settings: Settings) -> Iterator[Finding]:
    """Look at the room left where the engine writes."""
    rooms: dict[int, list[str]] = {}
    for folder, what in _folders(settings).items():
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if os.access(there, os.W_OK):
            rooms.setdefault(shutil.disk_usage(there).free >> 20, []).append(what)
        else:
            yield problem("disk", f"{there} cannot be written, which is for {what}")
    for free, uses in rooms.items():
        judge = problem if free < _LEAST else warning if free < _LITTLE else ok
        yield judge("disk", f"{free / 1024:,.1f} GB are free for {', '.join(uses)}")


def _folders(settings: Settings) -> dict[Path, str]:
    folders = {}
    url = sa.make_url(settings.database_url.get_secret_value())
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        folders[Path(str(url.database)).parent] = "the database"
    if settings.provider == "files":
        folders[settings.outbox_folder] = "mails"
    return folders | {settings.state_folder: "what workers witness"}
