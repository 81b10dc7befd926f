"""Releases as they are kept in the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from engine.models.tables import release


@dataclass(frozen=True, kw_only=True)
class Release:
    """One numbered set of files and the zone they are read in; `fingerprints` holds each rule's.

    `recasting` maps the path of each trait whose stored values are still to be read as its new type to that type.
    """

    id: int
    applied_at: datetime
    author: str
    git_revision: str | None
    fingerprint: str
    time_zone: str
    files: Mapping[str, str]
    fingerprints: Mapping[str, str]
    recasting: Mapping[str, str] = field(default_factory=dict)


def files_fingerprint(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of files and their paths, the same for the same files on any host."""
    canonical = json.dumps(sorted(files.items()), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A release without its files: its number, since when it was live, and the fingerprints of its rules."""

    id: int
    applied_at: datetime
    fingerprints: Mapping[str, str]


def live(connection: sa.Connection) -> Release | None:
    """Return the release that runs; None before the first `apply`."""
    row = connection.execute(sa.select(release).order_by(release.c.id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else Release(**row)


def numbered(connection: sa.Connection, number: int) -> Release | None:
    """Return a release by its number."""
    row = connection.execute(sa.select(release).where(release.c.id == number)).mappings().one_or_none()
    return None if row is None else Release(**row)


def applied(connection: sa.Connection) -> list[Applied]:
    """Return every release there was, the newest first."""
    columns = (release.c.id, release.c.applied_at, release.c.fingerprints)
    return [Applied(**row) for row in connection.execute(sa.select(*columns).order_by(release.c.id.desc())).mappings()]


def live_id(connection: sa.Connection) -> int:
    """Return the number of the release that runs; 0 before the first `apply`."""
    highest = sa.select(sa.func.coalesce(sa.func.max(release.c.id), 0))
    return int(connection.execute(highest).scalar_one())


def recasting(connection: sa.Connection) -> bool:
    """Say whether stored values still wait to be read as the types that the live release declares."""
    newest = sa.select(release.c.recasting).order_by(release.c.id.desc()).limit(1)
    return bool(connection.execute(newest).scalar())


def lock_live(connection: sa.Connection) -> None:
    """Wait for whoever writes in the name of the live release, and let nobody begin before this transaction ends."""
    connection.execute(sa.select(release.c.id).order_by(release.c.id.desc()).limit(1).with_for_update())


def number_of(connection: sa.Connection, fingerprint: str) -> int | None:
    """Return the newest release of exactly these files, or None if they never were one."""
    newest = sa.select(sa.func.max(release.c.id)).where(release.c.fingerprint == fingerprint)
    number: int | None = connection.execute(newest).scalar_one()
    return number


def store(connection: sa.Connection, new: Release) -> None:
    """Write a release; a number that is taken means that somebody else applied at the same moment."""
    connection.execute(sa.insert(release).values(**vars(new)))
